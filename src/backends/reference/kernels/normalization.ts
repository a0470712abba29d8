import type { normalization } from "../../../graph/ops/normalization.ts";
import { type Call, type Data, type Kernels, zeros } from "./kernel.ts";

/** Applies `f` to every row of the last axis. */
function byRow(f: (row: Float64Array) => Float64Array) {
  return ({ inputs: [x], types: [type] }: Call<"softmax" | "logSoftmax">): Data[] => {
    const width = type!.shape.at(-1)!;
    const result = zeros(type!);
    for (let start = 0; start < result.length; start += width)
      result.set(f(Float64Array.from(x!.data.subarray(start, start + width))), start);
    return [result];
  };
}

/** x - max - log(sum(exp(x - max))): the maximum is taken out so that nothing overflows. */
function logSoftmax(row: Float64Array): Float64Array {
  const max = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const logSum = Math.log(row.reduce((sum, x) => sum + Math.exp(x - max), 0));
  return row.map((x) => x - max - logSum);
}

/** Variances are the mean of squared deviations (divided by n, not n - 1). */
export const normalizationKernels: Kernels<keyof typeof normalization> = {
  softmax: byRow((row) => logSoftmax(row).map(Math.exp)),
  logSoftmax: byRow(logSoftmax),
  layerNorm: ({ attributes: { epsilon }, inputs: [x, scale, bias], types }) => {
    const [y, mean, inverseStd] = types.map(zeros) as [Data, Data, Data];
    const width = scale!.data.length;
    for (let row = 0; row < mean.length; row++) {
      const values = Float64Array.from(x!.data.subarray(row * width, (row + 1) * width));
      const average = values.reduce((sum, v) => sum + v, 0) / width;
      const variance = values.reduce((sum, v) => sum + (v - average) ** 2, 0) / width;
      const factor = 1 / Math.sqrt(variance + epsilon);
      mean[row] = average;
      inverseStd[row] = factor;
      for (let i = 0; i < width; i++)
        y[row * width + i] = (values[i]! - average) * factor * scale!.data[i]! + bias!.data[i]!;
    }
    return [y, mean, inverseStd];
  },
};
