import { fail } from "../core/errors.ts";
import { rng } from "../core/rng.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { apply, type Tensor } from "../graph/tensor.ts";
import { atPath } from "../graph/trace.ts";
import type { Initializer } from "./init.ts";

/** A declared f32 parameter; `tensor` is its leaf in graphs, the numbers lie elsewhere. */
export interface Parameter {
  /** Its path: name in the checkpoint, seed of its initial values, key for freezing and parameter groups. */
  readonly name: string;
  readonly shape: Shape;
  readonly init: Initializer;
  readonly tensor: Tensor;
}

/** Where a layer declares its parameters. */
export interface Scope {
  readonly path: string;
  /** Standard deviation of new weight matrices and tables. */
  readonly std: number;
  /** A child scope; dots nest: `at.in("blocks.3")`. */
  in(name: string): Scope;
  /** Declares an f32 parameter and returns it as a tensor, usable in any number of places and traces. */
  param(name: string, shape: Shape, init: Initializer): Tensor;
  /** Marks a forward function as this module's: its nodes and errors carry the scope's path. */
  layer<A extends readonly unknown[], R>(forward: (...inputs: A) => R): (...inputs: A) => R;
}

/** Runs a builder on a fresh root scope and returns what it built together with every parameter it declared. */
export function declare<M>(
  build: (at: Scope) => M,
  std = 0.02,
): { model: M; parameters: readonly Parameter[] } {
  const parameters = new Map<string, Parameter>();
  const scopeAt = (path: string): Scope => ({
    path,
    std,
    in: (name) => scopeAt(join(path, name)),
    param: (name, shape, init) => {
      const full = join(path, name);
      if (parameters.has(full))
        fail("config", `parameter ${full}`, { expected: "one declaration", got: "two" });
      const tensor = apply("parameter", { name: full, type: { dtype: "f32", shape } });
      parameters.set(full, { name: full, shape, init, tensor });
      return tensor;
    },
    layer:
      (forward) =>
      (...inputs) =>
        atPath(path, () => forward(...inputs)),
  });
  const model = build(scopeAt(""));
  return { model, parameters: [...parameters.values()] };
}

function join(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}

/** Writes a parameter's initial values into `target`. */
export function initialize(parameter: Parameter, seed: number, target: Float32Array): void {
  parameter.init(target, parameter.shape, rng(seed, "init", parameter.name));
}

/** `count` layers built by index. */
export function repeat<T>(count: number, build: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => build(index));
}

/** Number of values in all parameters. */
export function countParameters(parameters: readonly Parameter[]): number {
  return parameters.reduce((total, parameter) => total + sizeOf(parameter.shape), 0);
}
