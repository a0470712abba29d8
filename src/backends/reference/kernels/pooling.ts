import type { pooling } from "../../../graph/ops/pooling.ts";
import { type Kernels, zeros } from "./kernel.ts";

/** Windows are read row by row; a later value must be larger to win. */
export const poolingKernels: Kernels<keyof typeof pooling> = {
  maxPool2d: ({ attributes: { size, stride, padding }, inputs: [x], types: [type, indexType] }) => {
    const [values, indices] = [zeros(type!), zeros(indexType!)];
    const [B, C, rows, columns] = type!.shape as [number, number, number, number];
    const [H, W] = x!.type.shape.slice(2) as [number, number];
    let window = 0;
    for (let plane = 0; plane < B * C; plane++) {
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++, window++) {
          const [top, left] = [i * stride - padding, j * stride - padding];
          let best = -1;
          for (let row = Math.max(0, top); row < Math.min(H, top + size); row++) {
            for (let column = Math.max(0, left); column < Math.min(W, left + size); column++) {
              const at = (plane * H + row) * W + column;
              if (best < 0 || x!.data[at]! > x!.data[best]!) best = at;
            }
          }
          values[window] = x!.data[best]!;
          indices[window] = best;
        }
      }
    }
    return [values, indices];
  },
};
