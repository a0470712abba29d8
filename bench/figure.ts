import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";

/** One measured number; of repeated measurements `value` is the median. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly min?: number;
  readonly max?: number;
  /** What it should be, for people. */
  readonly target?: string;
}

/** Something to measure; it prints nothing but how far it is, on standard error. */
export interface Benchmark {
  readonly description: string;
  run(): Promise<readonly Figure[]>;
}

/** The machine as it is now. */
export function machine() {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    threads: availableParallelism(),
    load: loadavg().map((load) => Number(load.toFixed(2))),
    node: process.version,
  };
}

/** Repeated measurements as one figure. */
export function figureOf(name: string, unit: string, values: readonly number[], target?: string): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const median = (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
  const limits = sorted.length > 1 ? { min: sorted[0]!, max: sorted.at(-1)! } : {};
  return { name, value: median, unit, ...limits, ...(target !== undefined && { target }) };
}

/** Most memory the process ever held, in bytes: VmHWM. */
export function peakResident(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return 1024 * Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)![1]);
}

/** What a piece of work took. */
export interface Cost {
  /** Wall time. */
  readonly seconds: number;
  /** Time on all cores together: unlike the wall time, it hardly grows when others use the machine. */
  readonly cpuSeconds: number;
}

export async function timed(work: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

/** Lines of a table: name, value, range, unit, target. */
export function linesOf(figures: readonly Figure[]): string[] {
  const show = (value: number) => (Number.isInteger(value) ? String(value) : value.toPrecision(4));
  const rows = figures.map(({ name, value, unit, min, max, target }) => [
    name,
    show(value),
    unit,
    min === undefined || max === undefined ? "" : `${show(min)} to ${show(max)}`,
    target === undefined ? "" : `target ${target}`,
  ]);
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd(),
  );
}
