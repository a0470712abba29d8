import { mix32 } from "../../../core/rng.ts";
import { type random, rowNumbers } from "../../../graph/ops/random.ts";
import { type Kernels, zeros } from "./kernel.ts";

/** The words themselves are part of the definition: every backend must give the same. */
export const randomKernels: Kernels<keyof typeof random> = {
  // With key k and site s, word [r, c] of the matrix is row(r) * column(c) modulo 2^32, both odd.
  randomBits: ({ attributes, inputs: [key], types: [type] }) => {
    const { shape, site } = attributes;
    const k = key!.data[0]!;
    const rowKey = mix32(k ^ mix32(2 * site + 1));
    const columnKey = mix32((k + mix32(2 * site + 2)) | 0);
    const width = shape.at(-1) ?? 1;
    const columns = Int32Array.from(
      { length: width },
      (_, c) => mix32(Math.imul(c + 1, 0x85ebca77) ^ columnKey) | 1,
    );
    const result = zeros(type!);
    rowNumbers(attributes).forEach((number, r) => {
      const row = mix32(Math.imul(number + 1, 0x9e3779b1) ^ rowKey) | 1;
      for (let c = 0; c < width; c++) result[r * width + c] = Math.imul(row, columns[c]!);
    });
    return [result];
  },
};
