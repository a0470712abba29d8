import type { Dtype } from "../../core/dtype.ts";
import { broadcastShapes } from "../../core/shape.ts";
import {
  bool,
  define,
  expectDtype,
  expectShape,
  f32,
  i32,
  type OpDefinition,
  type SampleInput,
} from "./definition.ts";

/** Attributes of an op that has none. */
export type None = Record<never, never>;
const none: None = {};

function unary(sample: SampleInput = f32([2, 3])): OpDefinition<None> {
  return {
    infer: (_, [x], where) => {
      expectDtype(x!, ["f32"], where);
      return [x!];
    },
    samples: [
      { attributes: none, inputs: [sample] },
      { attributes: none, inputs: [{ ...sample, shape: [3, 1, 5] }] },
    ],
  };
}

function binary(
  dtypes: readonly Dtype[],
  result: "same" | "bool",
  sample: (shape: number[]) => SampleInput,
  ...more: readonly ((shape: number[]) => SampleInput)[]
): OpDefinition<None> {
  return {
    infer: (_, [a, b], where) => {
      expectDtype(a!, dtypes, where);
      expectShape(a!.dtype === b!.dtype, where, "two inputs of one dtype", a!, b!);
      const dtype = result === "bool" ? "bool" : a!.dtype;
      return [{ dtype, shape: broadcastShapes(a!.shape, b!.shape, where) }];
    },
    samples: [
      { attributes: none, inputs: [sample([2, 3, 4]), sample([2, 3, 4])] },
      { attributes: none, inputs: [sample([2, 1, 4]), sample([3, 1])] },
      { attributes: none, inputs: [sample([5]), sample([])] },
      ...more.map((other) => ({ attributes: none, inputs: [other([2, 1]), other([5])] })),
    ],
  };
}

const words = (shape: number[]) => i32(shape, -(2 ** 31), 2 ** 31);
// Integers are as often hashes as counts: results wrap modulo 2^32.
const arithmetic = binary(["f32", "i32", "bf16"], "same", f32, words);
const comparison = binary(["i32", "f32"], "bool", (shape) => i32(shape, 0, 3), words, f32);
const logical = binary(["bool"], "bool", bool);

/** Which of the three functions called GELU; checkpoints differ in it. */
export type GeluKind = "exact" | "tanh" | "quick";

/** Ops that work element by element; two inputs broadcast as in NumPy. */
export const elementwise = {
  add: arithmetic,
  sub: arithmetic,
  mul: arithmetic,
  div: binary(["f32"], "same", (shape) => f32(shape, 0.5, 2)),
  pow: binary(["f32"], "same", (shape) => f32(shape, 0.5, 2)),
  maximum: arithmetic,
  minimum: arithmetic,
  equal: comparison,
  less: comparison,
  and: logical,
  or: logical,
  not: define<None>({
    infer: (_, [x], where) => {
      expectDtype(x!, ["bool"], where);
      return [x!];
    },
    samples: [{ attributes: none, inputs: [bool([2, 3])] }],
  }),
  neg: unary(),
  abs: unary(),
  exp: unary(),
  log: unary(f32([2, 3], 0.1, 3)),
  sqrt: unary(f32([2, 3], 0.1, 3)),
  reciprocal: unary(f32([2, 3], 0.5, 3)),
  sin: unary(),
  cos: unary(),
  tanh: unary(),
  sigmoid: unary(),
  erf: unary(),
  relu: unary(),
  /** The same numbers; no gradient passes. */
  stopGradient: unary(),
  /** "exact" x*Phi(x); "tanh" the approximation of Hendrycks & Gimpel 2016, arXiv:1606.08415; "quick" x*sigmoid(1.702x). */
  gelu: define<{ readonly kind: GeluKind }>({
    infer: (_, [x], where) => {
      expectDtype(x!, ["f32", "bf16"], where);
      return [x!];
    },
    samples: (["exact", "tanh", "quick"] as const).map((kind) => ({
      attributes: { kind },
      inputs: [f32([2, 5], -4, 4)],
    })),
  }),
  /** Where `condition` is true the second input, else the third. */
  where: define<None>({
    infer: (_, [condition, a, b], where) => {
      expectDtype(condition!, ["bool"], where);
      expectShape(a!.dtype === b!.dtype, where, "two branches of one dtype", a!, b!);
      const branches = broadcastShapes(a!.shape, b!.shape, where);
      return [{ dtype: a!.dtype, shape: broadcastShapes(condition!.shape, branches, where) }];
    },
    samples: [
      { attributes: none, inputs: [bool([2, 3]), f32([2, 3]), f32([2, 3])] },
      { attributes: none, inputs: [bool([2, 1, 3]), f32([4, 1]), f32([])] },
      { attributes: none, inputs: [bool([2, 1]), i32([3], -9, 9), i32([], -9, 9)] },
    ],
  }),
  /** f32 to i32 truncates towards zero, to bf16 rounds to nearest; to bool is "not zero"; bool and u8 become 0, 1, ... */
  cast: define<{ readonly to: Dtype }>({
    infer: ({ to }, [x]) => [{ dtype: to, shape: x!.shape }],
    samples: [
      { attributes: { to: "i32" }, inputs: [f32([2, 3], -4, 4)] },
      { attributes: { to: "f32" }, inputs: [i32([2, 3], -4, 4)] },
      { attributes: { to: "bool" }, inputs: [i32([5], -1, 2)] },
      { attributes: { to: "f32" }, inputs: [bool([4])] },
      { attributes: { to: "i32" }, inputs: [bool([3])] },
      { attributes: { to: "f32" }, inputs: [{ dtype: "u8", shape: [5], low: 0, high: 256 }] },
    ],
  }),
};
