import type { Arrays } from "#src/backends/backend.ts";
import { allocate, type TypedArray } from "#src/core/dtype.ts";
import { type Rng, rng } from "#src/core/rng.ts";
import { sizeOf } from "#src/core/shape.ts";
import { gradients } from "#src/graph/grad.ts";
import { type Graph, graphOf } from "#src/graph/graph.ts";
import type { Sample, SampleInput } from "#src/graph/ops/definition.ts";
import { type AttributesOf, definitionOf, type OpName, ops } from "#src/graph/ops/index.ts";
import { apply, applyAll, type Tensor } from "#src/graph/tensor.ts";

/** One sample of one op as graphs with leaves x0, x1, ... and the numbers to feed them. */
export interface Case {
  readonly op: OpName;
  readonly name: string;
  /** Outputs y0, y1, ... */
  readonly forward: Graph;
  /** Outputs "loss" = sum(y0 * w) and "d x0", ... for every f32 input the op carries a gradient to; w is one leaf more. */
  readonly backward: Graph | undefined;
  /** f32 values are representable in single precision and further than `kink` from zero and from one another. */
  readonly leaves: Arrays;
}

/** Ops with corners (maximum, abs, relu, max, topK) turn where two values meet or one is zero. */
const kink = 1e-3;

/** Every sample of every op, with the same numbers in every process. */
export function conformanceCases(): Case[] {
  return (Object.keys(ops) as OpName[]).flatMap((op) =>
    definitionOf(op).samples.map((sample, i) => caseOf(op, i, sample)),
  );
}

function caseOf<N extends OpName>(
  op: N,
  index: number,
  { attributes, inputs }: Sample<AttributesOf<N>>,
): Case {
  const random = rng("conformance", op, index);
  const near: number[] = [0];
  const leaves: Record<string, TypedArray> = {};
  const tensors = inputs.map((input, i) => {
    leaves[`x${i}`] = draw(input, random, near);
    return apply("input", { name: `x${i}`, type: { dtype: input.dtype, shape: input.shape } });
  });
  const results = applyAll(op, attributes, tensors);
  const forward = graphOf(Object.fromEntries(results.map((y, i) => [`y${i}`, y])));
  const backward = backwardOf(results[0]!, tensors);
  if (backward !== undefined) leaves.w = draw({ ...results[0]!.type, low: -1, high: 1 }, random, [0]);
  const types = inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(" ");
  return { op, name: `${op} ${JSON.stringify(attributes)} ${types}`, forward, backward, leaves };
}

function backwardOf(y: Tensor, inputs: readonly Tensor[]): Graph | undefined {
  const floats = inputs.filter((x) => x.dtype === "f32");
  if (y.dtype !== "f32" || floats.length === 0) return undefined;
  const loss = y.mul(apply("input", { name: "w", type: y.type })).sumAll();
  const outputs: Record<string, Tensor> = { loss };
  gradients(loss, inputs).forEach((dx, i) => {
    if (dx !== undefined) outputs[`d x${i}`] = dx;
  });
  return Object.keys(outputs).length === 1 ? undefined : graphOf(outputs);
}

/** `near` holds the floats drawn so far and grows. */
function draw({ dtype, shape, low, high }: SampleInput, random: Rng, near: number[]): TypedArray {
  const array = allocate(dtype, sizeOf(shape));
  for (let i = 0; i < array.length; i++) {
    let value = low + (high - low) * random.uniform();
    if (dtype !== "f32") value = Math.floor(value);
    else {
      while (near.some((other) => Math.abs(other - value) < kink))
        value = low + (high - low) * random.uniform();
      value = Math.fround(value);
      near.push(value);
    }
    array[i] = value;
  }
  return array;
}
