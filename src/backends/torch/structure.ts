import { sizeOf } from "../../core/shape.ts";
import type { indexing } from "../../graph/ops/indexing.ts";
import type { shaping } from "../../graph/ops/shaping.ts";
import { castTo } from "./arithmetic.ts";
import { flag, int, ints, none, text } from "./emit.ts";
import type { Lowerings } from "./lowered.ts";

/** Ops that move elements; most are views, which move none. */
export const structureLowerings: Lowerings<keyof (typeof shaping & typeof indexing)> = {
  reshape: ({ emit, attributes: { shape }, inputs: [x] }) => [emit.call("aten::reshape", [x!, ints(shape)])],
  transpose: ({ emit, attributes: { perm }, inputs: [x] }) => [emit.call("aten::permute", [x!, ints(perm)])],
  expand: ({ emit, attributes: { shape }, inputs: [x] }) => [
    emit.call("aten::expand", [x!, ints(shape), flag(false)]),
  ],
  slice: ({ emit, attributes: { starts, sizes }, inputs: [x], inputTypes }) => {
    let part = x!;
    starts.forEach((start, axis) => {
      if (start === 0 && sizes[axis] === inputTypes[0]!.shape[axis]) return;
      part = emit.call("aten::narrow", [part, int(axis), int(start), int(sizes[axis]!)]);
    });
    return [part];
  },
  pad: ({ emit, attributes: { before, after }, inputs: [x] }) => {
    // From the last axis to the first, as libtorch counts them.
    const sides = before.map((n, axis) => [n, after[axis]!]).reverse();
    return [emit.call("aten::pad", [x!, ints(sides.flat()), text("constant"), none])];
  },
  concat: ({ emit, attributes: { axis }, inputs }) => [
    emit.call("aten::cat", [{ tensors: inputs }, int(axis)]),
  ],
  gather: ({ emit, inputs: [table, ids], inputTypes, types }) => {
    const flat = emit.call("aten::reshape", [ids!, ints([sizeOf(inputTypes[1]!.shape)])]);
    const rows = emit.call("aten::index_select", [table!, int(0), flat]);
    return [emit.call("aten::reshape", [rows, ints(types[0]!.shape)])];
  },
  scatterAdd: ({ emit, attributes: { size }, inputs: [rows, ids], inputTypes, types }) => {
    const count = sizeOf(inputTypes[1]!.shape);
    const width = sizeOf(types[0]!.shape.slice(1));
    const flat = emit.call("aten::reshape", [ids!, ints([count])]);
    const matrix = emit.call("aten::reshape", [rows!, ints([count, width])]);
    const noPadding = int(-1);
    const sum = emit.call("aten::embedding_dense_backward", [
      matrix,
      flat,
      int(size),
      noPadding,
      flag(false),
    ]);
    return [emit.call("aten::reshape", [sum, ints(types[0]!.shape)])];
  },
  pick: ({ emit, inputs: [x, index], inputTypes, types }) => {
    const column = emit.call("aten::reshape", [index!, ints([...inputTypes[1]!.shape, 1])]);
    const sparse = flag(false);
    const picked = emit.call("aten::gather", [x!, int(-1), castTo(emit, column, "i64"), sparse]);
    return [emit.call("aten::reshape", [picked, ints(types[0]!.shape)])];
  },
};
