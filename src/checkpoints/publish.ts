import { assert } from "../core/errors.ts";
import type { NamedTensor } from "../files/safetensors.ts";
import type { Rename, Rule, Values } from "../models/published/rules.ts";
import type { Parameter } from "../nn/scope.ts";
import { insertNumbers, matchPattern } from "./patterns.ts";

/** Our weights under the names and in the shapes of published files: the way of `fillFrom` back. */
export function publishedTensors(
  rules: readonly Rule[],
  parameters: readonly Parameter[],
  weights: Readonly<Record<string, Float32Array>>,
): NamedTensor[] {
  const groups = new Map<string, { rule: Rename; numbers: readonly string[]; values: Values[] }>();
  for (const { name, shape } of parameters) {
    const place = placeOf(rules, name);
    assert(place !== undefined, `no rule writes ${name}`);
    const { rule, index, numbers } = place;
    const key = [...rule.to, ...numbers].join();
    const group = groups.get(key) ?? { rule, numbers, values: [] };
    group.values[index] = { shape, data: weights[name]! };
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ rule, numbers, values }) =>
    rule.step.undo(values).map(({ shape, data }, i) => ({
      name: insertNumbers(rule.from[i]!, numbers),
      dtype: "f32" as const,
      shape,
      data,
    })),
  );
}

function placeOf(rules: readonly Rule[], name: string) {
  for (const rule of rules) {
    if ("drop" in rule) continue;
    for (const [index, pattern] of rule.to.entries()) {
      const numbers = matchPattern(pattern, name);
      if (numbers !== undefined) return { rule, index, numbers };
    }
  }
  return undefined;
}
