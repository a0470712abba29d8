import { axisOf } from "../../core/shape.ts";
import type { indexing } from "../ops/indexing.ts";
import type { leaves } from "../ops/leaves.ts";
import type { random } from "../ops/random.ts";
import type { shaping } from "../ops/shaping.ts";
import { iota } from "../tensor.ts";
import { discrete, type Rules } from "./rule.ts";

const isLeaf = { notDifferentiable: "a leaf has no inputs" };

/** Ops that move elements: their gradients move them back, adding where an element was used more than once. */
export const structureGradients: Rules<
  keyof (typeof shaping & typeof indexing & typeof random & typeof leaves)
> = {
  input: isLeaf,
  parameter: isLeaf,
  constant: isLeaf,
  randomBits: discrete,
  reshape: ({ inputs: [x], dy }) => [dy.reshape(x!.shape)],
  transpose: ({ attributes: { perm }, dy }) => [dy.transpose(perm.map((_, axis) => perm.indexOf(axis)))],
  expand: ({ inputs: [x], dy }) => [dy.sumTo(x!.shape)],
  slice: ({ attributes: { starts, sizes }, inputs: [x], dy }) => [
    dy.pad(
      starts,
      x!.shape.map((n, i) => n - starts[i]! - sizes[i]!),
    ),
  ],
  pad: ({ attributes: { before }, inputs: [x], dy }) => [
    before.reduce((part, start, axis) => part.slice(axis, start, start + x!.shape[axis]!), dy),
  ],
  concat: ({ attributes: { axis }, inputs, dy }) => {
    let start = 0;
    return inputs.map((input) => {
      const end = start + input.shape[axis]!;
      const part = dy.slice(axis, start, end);
      start = end;
      return part;
    });
  },
  gather: ({ inputs: [table, ids], dy }) => [dy.scatterAdd(ids!, table!.shape[0]!), undefined],
  scatterAdd: ({ inputs: [, ids], dy }) => [dy.gather(ids!), undefined],
  // dy at the picked position, zero elsewhere
  pick: ({ inputs: [x, index], dy }) => {
    const classes = iota(x!.shape[axisOf(-1, x!.rank, "pick")]!);
    return [index!.unsqueeze(-1).equal(classes).where(dy.unsqueeze(-1), 0), undefined];
  },
};
