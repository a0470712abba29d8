import { fail, nearest } from "../core/errors.ts";
import type { Parameter } from "../nn/scope.ts";
import type { TrainConfig } from "./config.ts";

/** Parameters that share learning-rate factor and weight decay. */
export interface ParameterGroup {
  readonly factor: number;
  readonly decay: boolean;
  readonly parameters: readonly Parameter[];
}

/** Whether `path` is `name` or a module above it. */
export function isUnder(name: string, path: string): boolean {
  return name === path || name.startsWith(`${path}.`);
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
  for (const [key, path] of [
    ...config.freeze.map((path) => ["train.freeze", path] as const),
    ...config.factors.map(({ path }) => ["train.factors", path] as const),
  ]) {
    if (!modules.has(path)) {
      fail("config", key, {
        expected: "the path of a module or parameter",
        got: path,
        todo: `did you mean ${nearest(path, [...modules])}?`,
      });
    }
  }
  const groups = new Map<string, { factor: number; decay: boolean; parameters: Parameter[] }>();
  for (const parameter of parameters) {
    if (parameter.isBuffer || config.freeze.some((path) => isUnder(parameter.name, path))) continue;
    const factor = config.factors.findLast(({ path }) => isUnder(parameter.name, path))?.factor ?? 1;
    const decay = parameter.shape.length > 1;
    const key = `${factor} ${decay}`;
    const group = groups.get(key) ?? { factor, decay, parameters: [] };
    group.parameters.push(parameter);
    groups.set(key, group);
  }
  if (groups.size === 0)
    fail("config", "train.freeze", { expected: "something left to learn", got: "everything frozen" });
  return [...groups.values()];
}
