/** How fast this machine multiplies matrices, as ONNX Runtime does it: what all other speeds are compared with. */
import { allocateOutputs } from "#src/backends/backend.ts";
import { defaultBackend } from "#src/backends/default.ts";
import { allocate } from "#src/core/dtype.ts";
import { rng } from "#src/core/rng.ts";
import { flops } from "#src/graph/cost.ts";
import { graphOf } from "#src/graph/graph.ts";
import { apply } from "#src/graph/tensor.ts";
import { type Benchmark, type Cost, type Figure, figureOf, timed } from "./figure.ts";
import { fill } from "./fill.ts";

/** M, K, N: a cube, and the feed-forward layer of ViT-B on 8 pictures. */
const shapes = [
  [1024, 1024, 1024],
  [1576, 768, 3072],
  [1576, 3072, 768],
] as const;
type Shape = (typeof shapes)[number];

/** Of each product at a time. */
const runs = 5;

/** Floating-point operations per nanosecond of wall time and of CPU time. */
export interface Speed {
  readonly wall: number;
  readonly cpu: number;
}

/** Prepares the products; each call measures all shapes and returns the best of them, in GFLOP/s. */
export async function gemmPeak(): Promise<() => Promise<Speed>> {
  const products = await Promise.all(shapes.map(prepare));
  return async () => {
    const speeds: Speed[] = [];
    for (const measure of products) speeds.push(await measure());
    return {
      wall: Math.max(...speeds.map(({ wall }) => wall)),
      cpu: Math.max(...speeds.map(({ cpu }) => cpu)),
    };
  };
}

async function prepare([m, k, n]: Shape): Promise<() => Promise<Speed>> {
  const random = rng("gemm", m, k, n);
  const matrix = (name: string, shape: number[]) => apply("input", { name, type: { dtype: "f32", shape } });
  const filled = (length: number) => fill(allocate("f32", length), () => random.uniform());
  const graph = graphOf({ y: matrix("a", [m, k]).matmul(matrix("b", [k, n])) });
  const executable = await defaultBackend.compile(graph);
  const bound = executable.bind({ a: filled(m * k), b: filled(k * n) }, allocateOutputs(graph));
  const work = flops(graph) / 1e9;
  await bound.run();
  return async () => {
    const costs: Cost[] = [];
    for (let i = 0; i < runs; i++) costs.push(await timed(() => bound.run()));
    // The clock of CPU time is coarse, so it is read over all runs; the wall clock can pick the least disturbed one.
    const cpuSeconds = costs.reduce((total, cost) => total + cost.cpuSeconds, 0);
    return {
      wall: work / Math.min(...costs.map(({ seconds }) => seconds)),
      cpu: (runs * work) / cpuSeconds,
    };
  };
}

/** Figures of interleaved peak measurements: the best, and their spread. */
export function peakFigures(speeds: readonly Speed[]): Figure[] {
  const best = (name: string, unit: string, values: readonly number[]): Figure => ({
    ...figureOf(name, unit, values),
    value: Math.max(...values),
  });
  return [
    best(
      "GEMM peak",
      "GFLOP/s",
      speeds.map(({ wall }) => wall),
    ),
    best(
      "GEMM peak per core",
      "GFLOP/CPU-s",
      speeds.map(({ cpu }) => cpu),
    ),
  ];
}

export const gemm: Benchmark = {
  description: "the machine's peak: f32 matrix products, best of several shapes",
  run: async () => {
    const measure = await gemmPeak();
    const speeds: Speed[] = [];
    for (let i = 0; i < 7; i++) speeds.push(await measure());
    return peakFigures(speeds);
  },
};
