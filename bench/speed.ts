import { type Cost, type Figure, figureOf, peakResident } from "./figure.ts";
import { peakFigures, type Speed } from "./gemm.ts";

/** One measured step between two measurements of the machine's peak. */
export interface Repetition {
  readonly cost: Cost;
  readonly before: Speed;
  readonly after: Speed;
}

/**
 * Speed of a step of `flops` operations beside the peak of the same run: by wall time against the best peak of all, by
 * CPU time, which others on the machine disturb less, against the peaks just before and after.
 */
export function speedFigures(flops: number, done: readonly Repetition[], target: string): Figure[] {
  const work = flops / 1e9;
  const wall = done.map(({ cost }) => work / cost.seconds);
  const cpu = done.map(({ cost }) => work / cost.cpuSeconds);
  const besides = done.map(({ before, after }) => (before.cpu + after.cpu) / 2);
  const peaks = peakFigures(done.flatMap(({ before, after }) => [before, after]));
  const peak = peaks[0]!.value;
  return [
    { name: "products of a step", value: work, unit: "GFLOP" },
    figureOf("speed", "GFLOP/s", wall),
    figureOf("speed per core", "GFLOP/CPU-s", cpu),
    ...peaks,
    figureOf(
      "speed / peak",
      "",
      wall.map((speed) => speed / peak),
      target,
    ),
    figureOf(
      "speed / peak, per core",
      "",
      cpu.map((speed, i) => speed / besides[i]!),
      target,
    ),
  ];
}

/** The process's peak memory so far beside what was predicted, in bytes. */
export function memoryFigures(predicted: number): Figure[] {
  const measured = peakResident();
  return [
    { name: "peak memory", value: Math.round(measured / 1e6), unit: "MB" },
    { name: "predicted memory", value: Math.round(predicted / 1e6), unit: "MB" },
    { name: "peak / predicted", value: measured / predicted, unit: "", target: "0.75 to 1.25" },
  ];
}
