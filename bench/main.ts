/** npm run bench -- <name> [--json] */
import { BifocalError } from "#src/core/errors.ts";
import { besidePyTorch } from "./beside-pytorch.ts";
import { data } from "./data.ts";
import { type Benchmark, linesOf, machine } from "./figure.ts";
import { freezing } from "./freezing.ts";
import { gemm } from "./gemm.ts";
import { gpu } from "./gpu.ts";
import { launch } from "./launch.ts";
import { meterBaseStep } from "./meter-base.ts";
import { parallel } from "./parallel.ts";
import { recompute } from "./recompute.ts";
import { stack } from "./stack.ts";
import { step } from "./step.ts";
import { torch } from "./torch.ts";
import { forwardTowers } from "./towers.ts";

const benchmarks: Readonly<Record<string, Benchmark>> = {
  gemm,
  step,
  stack,
  "meter-base": meterBaseStep,
  data,
  towers: forwardTowers,
  freezing,
  ...recompute,
  parallel,
  torch,
  launch,
  gpu,
  ...besidePyTorch,
};

const [name, ...flags] = process.argv.slice(2);
const benchmark = name === undefined ? undefined : benchmarks[name];
if (name === undefined || benchmark === undefined || flags.some((flag) => flag !== "--json")) {
  const all = Object.entries(benchmarks).map(
    ([known, { description }]) => `  ${known.padEnd(32)}${description}`,
  );
  process.stderr.write(`usage: npm run bench -- <name> [--json]\n${all.join("\n")}\n`);
  process.exitCode = 2;
} else {
  const before = machine();
  const figures = await benchmark.run().catch((error: unknown) => {
    if (!(error instanceof BifocalError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    process.exit(error.exitCode);
  });
  const { load } = machine();
  const result = { benchmark: name, machine: { ...before, loadAfter: load }, figures };
  const { cpu, cores, threads } = before;
  const about = `${cpu}, ${cores} cores, ${threads} threads, load ${before.load[0]} before and ${load[0]} after`;
  process.stdout.write(
    flags.length > 0 ? `${JSON.stringify(result)}\n` : [about, ...linesOf(figures), ""].join("\n"),
  );
}
