import { fail, nearest } from "../core/errors.ts";
import type { Parameter } from "../nn/scope.ts";
import type { TrainConfig } from "./config.ts";
import { isUnder, learnsFrom } from "./freeze.ts";
import { layerFactors } from "./layer-decay.ts";

/** Parameters that share learning-rate factor, weight decay and the first step (from 0) they learn in. */
export interface ParameterGroup {
  readonly factor: number;
  readonly decay: boolean;
  readonly from: number;
  readonly parameters: readonly Parameter[];
}

/**
 * Sorts what learns into groups; biases, norms and other vectors do not decay.
 *
 * Differs: the ViLT family decides decay by name and so decays CLIP's norms and the norms of its classifiers.
 * @throws BifocalError when a path of the configuration fits no parameter, or nothing is left to learn.
 */
export function groupParameters(parameters: readonly Parameter[], config: TrainConfig): ParameterGroup[] {
  const modules = new Set(
    parameters.flatMap(({ name }) => name.split(".").map((_, i, all) => all.slice(0, i + 1).join("."))),
  );
  const { freeze, factors, layerDecay = [] } = config;
  for (const [key, path] of [
    ...freeze.map((entry) => ["train.freeze", typeof entry === "string" ? entry : entry.path] as const),
    ...factors.map(({ path }) => ["train.factors", path] as const),
    ...layerDecay.map(({ path }) => ["train.layerDecay", path] as const),
  ]) {
    if (!modules.has(path)) {
      fail("config", key, {
        expected: "the path of a module or parameter",
        got: path,
        todo: `did you mean ${nearest(path, [...modules])}?`,
      });
    }
  }
  const stacks = layerDecay.map(({ path, factor }) => layerFactors(parameters, path, factor));
  const groups = new Map<string, ParameterGroup & { readonly parameters: Parameter[] }>();
  for (const parameter of parameters) {
    const { name, shape, isBuffer } = parameter;
    const from = learnsFrom(name, freeze);
    if (isBuffer || from === Infinity) continue;
    const layer = stacks.findLast((factorOf) => factorOf.has(name))?.get(name) ?? 1;
    const factor = layer * (factors.findLast(({ path }) => isUnder(name, path))?.factor ?? 1);
    const decay = shape.length > 1;
    const key = `${factor} ${decay} ${from}`;
    const group = groups.get(key) ?? { factor, decay, from, parameters: [] };
    group.parameters.push(parameter);
    groups.set(key, group);
  }
  const all = [...groups.values()];
  if (learningAt(all, 0).length === 0)
    fail("config", "train.freeze", { expected: "something left to learn", got: "everything frozen" });
  return all;
}

/** What learns in step `step` (from 0); Infinity asks for all that ever learns. */
export function learningAt(groups: readonly ParameterGroup[], step: number): Parameter[] {
  return groups.filter(({ from }) => from <= step).flatMap(({ parameters }) => parameters);
}
