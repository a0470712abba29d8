import { fail } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { matchNames } from "../files/match-names.ts";
import type { TensorFile } from "../files/tensor-file.ts";
import type { Rename, Rule, Values } from "../models/published/rules.ts";
import type { Parameter } from "../nn/scope.ts";
import { insertNumbers, matchPattern } from "./patterns.ts";

/** What was filled, and what the file holds besides. */
export interface Filled {
  readonly weights: Readonly<Record<string, Float32Array>>;
  /** Names in the file that a rule drops, with its reason. */
  readonly dropped: ReadonlyMap<string, string>;
}

/**
 * Numbers for every parameter from a published file, read one group of tensors at a time. Names are taken without
 * `prefix` where they have it, and the norms' old names, gamma and beta, as weight and bias.
 * @throws BifocalError listing missing, unexpected and misshapen names.
 */
export async function fillFrom(
  file: TensorFile,
  rules: readonly Rule[],
  parameters: readonly Parameter[],
  prefix: string,
): Promise<Filled> {
  const dropped = new Map<string, string>();
  const found = new Map<string, Shape>();
  const groups = new Map<string, Group>();
  for (const [stored, { shape }] of file.tensors) {
    const name = withoutPrefix(stored, prefix);
    const fit = firstFit(rules, stored) ?? firstFit(rules, name) ?? firstFit(rules, newName(name));
    if (fit === undefined) found.set(stored, shape);
    else if ("because" in fit) dropped.set(stored, fit.because);
    else {
      const group = groups.get(fit.to.join()) ?? { rule: fit.rule, to: fit.to, stored: [] };
      group.stored[fit.index] = stored;
      groups.set(fit.to.join(), group);
    }
  }
  const weights: Record<string, Float32Array> = {};
  for (const { rule, stored, to } of groups.values()) {
    // The parameters of an incomplete group are reported as missing.
    if (rule.from.some((_, i) => stored[i] === undefined)) continue;
    const values: Values[] = [];
    for (const name of stored) values.push(await readFloats(file, name));
    for (const [i, { shape, data }] of rule.step.apply(values).entries()) {
      found.set(to[i]!, shape);
      weights[to[i]!] = data;
    }
  }
  matchNames(new Map(parameters.map(({ name, shape }) => [name, shape])), found, file.path);
  return { weights, dropped };
}

/** Tensors of a file that make parameters together. */
interface Group {
  readonly rule: Rename;
  readonly to: readonly string[];
  readonly stored: string[];
}

function withoutPrefix(stored: string, prefix: string): string {
  return prefix !== "" && stored.startsWith(`${prefix}.`) ? stored.slice(prefix.length + 1) : stored;
}

function newName(name: string): string {
  return name.replace(/\.gamma$/, ".weight").replace(/\.beta$/, ".bias");
}

type Fit =
  | { readonly because: string }
  | { readonly rule: Rename; readonly index: number; readonly to: readonly string[] };

function firstFit(rules: readonly Rule[], name: string): Fit | undefined {
  for (const rule of rules) {
    const patterns = "drop" in rule ? [rule.drop] : rule.from;
    for (const [index, pattern] of patterns.entries()) {
      const numbers = matchPattern(pattern, name);
      if (numbers === undefined) continue;
      if ("drop" in rule) return { because: rule.because };
      return { rule, index, to: rule.to.map((to) => insertNumbers(to, numbers)) };
    }
  }
  return undefined;
}

/** @throws BifocalError when the tensor holds no floats: whole numbers are no weights. */
async function readFloats(file: TensorFile, name: string): Promise<Values> {
  const { dtype, shape } = file.tensors.get(name)!;
  if (!floats.includes(dtype)) {
    fail("checkpoint", `${file.path}, ${name}`, { expected: floats.join(", "), got: dtype });
  }
  const data = await file.read(name);
  return { shape, data: data instanceof Float32Array ? data : Float32Array.from(data) };
}

const floats: readonly string[] = ["f32", "f16", "bf16", "f64"];
