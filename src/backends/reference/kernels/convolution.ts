import type { Shape } from "../../../core/shape.ts";
import type { ConvolutionAttributes, convolution } from "../../../graph/ops/convolution.ts";
import { type Kernels, zeros } from "./kernel.ts";

/** Calls `multiply` with the positions of every product x * weight that is part of an element of y. */
function eachProduct(
  { stride, padding }: ConvolutionAttributes,
  [B, C, H, W]: Shape,
  [K, , h, w]: Shape,
  [, , rows, columns]: Shape,
  multiply: (x: number, weight: number, y: number) => void,
): void {
  let y = 0;
  for (let b = 0; b < B!; b++)
    for (let k = 0; k < K!; k++)
      for (let i = 0; i < rows!; i++)
        for (let j = 0; j < columns!; j++, y++)
          for (let c = 0; c < C!; c++)
            for (let p = 0; p < h!; p++) {
              const row = i * stride + p - padding;
              if (row < 0 || row >= H!) continue;
              for (let q = 0; q < w!; q++) {
                const column = j * stride + q - padding;
                if (column < 0 || column >= W!) continue;
                multiply(((b * C! + c) * H! + row) * W! + column, ((k * C! + c) * h! + p) * w! + q, y);
              }
            }
}

/** The three sums of one set of products. */
export const convolutionKernels: Kernels<keyof typeof convolution> = {
  conv2d: ({ attributes, inputs: [x, weight], types: [type] }) => {
    const result = zeros(type!);
    eachProduct(attributes, x!.type.shape, weight!.type.shape, type!.shape, (i, j, y) => {
      result[y]! += x!.data[i]! * weight!.data[j]!;
    });
    return [result];
  },
  conv2dTranspose: ({ attributes, inputs: [y, weight], types: [type] }) => {
    const result = zeros(type!);
    eachProduct(attributes, type!.shape, weight!.type.shape, y!.type.shape, (x, i, j) => {
      result[x]! += y!.data[j]! * weight!.data[i]!;
    });
    return [result];
  },
  conv2dWeight: ({ attributes, inputs: [x, y], types: [type] }) => {
    const result = zeros(type!);
    eachProduct(attributes, x!.type.shape, type!.shape, y!.type.shape, (i, weight, j) => {
      result[weight]! += x!.data[i]! * y!.data[j]!;
    });
    return [result];
  },
};
