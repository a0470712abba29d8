import { sizeOf } from "../../../core/shape.ts";
import type { products } from "../../../graph/ops/products.ts";
import { type Kernels, zeros } from "./kernel.ts";

/** Sums run over the inner axis in rising order. */
export const productsKernels: Kernels<keyof typeof products> = {
  matmul: ({ attributes: { transA, transB, alpha }, inputs: [a, b], types: [type] }) => {
    const [rows, columns] = type!.shape.slice(-2) as [number, number];
    const inner = a!.type.shape.at(transA ? -2 : -1)!;
    const [aRow, aInner] = transA ? [1, rows] : [inner, 1];
    const [bInner, bColumn] = transB ? [1, inner] : [columns, 1];
    const shared = b!.type.shape.length === 2;
    const result = zeros(type!);
    const batch = sizeOf(type!.shape.slice(0, -2));
    for (let n = 0; n < batch; n++) {
      const aStart = n * rows * inner;
      const bStart = shared ? 0 : n * inner * columns;
      for (let i = 0; i < rows; i++) {
        const start = (n * rows + i) * columns;
        for (let k = 0; k < inner; k++) {
          const factor = alpha * a!.data[aStart + i * aRow + k * aInner]!;
          const from = bStart + k * bInner;
          for (let j = 0; j < columns; j++) result[start + j]! += factor * b!.data[from + j * bColumn]!;
        }
      }
    }
    return [result];
  },
};
