import { fail } from "../core/errors.ts";
import { rng } from "../core/rng.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { Interpolation } from "../graph/resize.ts";
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
  /** Never trained: stored and loaded as all others, but no gradient, no moments, not counted. */
  readonly isBuffer: boolean;
  /** Set where rows stand for places in a picture, distances between them or kinds of tokens. */
  readonly rows?: TableRows;
}

/**
 * What the rows of a table stand for, so that it can be made anew for pictures of another size: the places of a grid, row
 * by row behind `others` rows, or the distances between two of them, with `others` rows at the end. Or for more pictures:
 * the kinds of tokens, words and then a text's pictures one by one.
 */
export type TableRows =
  | { readonly of: "kinds" }
  | { readonly of: "places"; readonly others: number; readonly interpolation: Interpolation }
  | { readonly of: "distances"; readonly others: number };

/** Where a layer declares its parameters. */
export interface Scope {
  readonly path: string;
  /** Standard deviation of new weight matrices and tables. */
  readonly std: number;
  /** A child scope; dots nest: `at.in("blocks.3")`. */
  in(name: string): Scope;
  /** Declares an f32 parameter and returns it as a tensor, usable in any number of places and traces. */
  param(name: string, shape: Shape, init: Initializer, rows?: TableRows): Tensor;
  /** The same for numbers that came about otherwise than by gradients, such as running statistics. */
  buffer(name: string, shape: Shape, init: Initializer, rows?: TableRows): Tensor;
  /** Marks a forward function as this module's: its nodes and errors carry the scope's path. */
  layer<A extends readonly unknown[], R>(forward: (...inputs: A) => R): (...inputs: A) => R;
}

/** Runs a builder on a fresh root scope and returns what it built together with every parameter it declared. */
export function declare<M>(
  build: (at: Scope) => M,
  std = 0.02,
): { model: M; parameters: readonly Parameter[] } {
  const parameters = new Map<string, Parameter>();
  const add = (
    name: string,
    shape: Shape,
    init: Initializer,
    isBuffer: boolean,
    rows: TableRows | undefined,
  ): Tensor => {
    if (parameters.has(name))
      fail("config", `parameter ${name}`, { expected: "one declaration", got: "two" });
    const tensor = apply("parameter", { name, type: { dtype: "f32", shape } });
    parameters.set(name, { name, shape, init, tensor, isBuffer, ...(rows && { rows }) });
    return tensor;
  };
  const scopeAt = (path: string): Scope => ({
    path,
    std,
    in: (name) => scopeAt(join(path, name)),
    param: (name, shape, init, rows) => add(join(path, name), shape, init, false, rows),
    buffer: (name, shape, init, rows) => add(join(path, name), shape, init, true, rows),
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

/** Number of values in all parameters; buffers do not count, as in the papers. */
export function countParameters(parameters: readonly Parameter[]): number {
  return parameters.reduce((total, { shape, isBuffer }) => total + (isBuffer ? 0 : sizeOf(shape)), 0);
}
