/**
 * The demonstration: pretrain a small model on captions, fine-tune it to answer questions, evaluate both, write a report.
 *
 * Command: bifocal demo
 */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import { openRun, withData } from "../eval/open-run.ts";
import { renderReport } from "../eval/report/report.ts";
import { evaluateRetrieval } from "../eval/retrieval.ts";
import { evaluateVqa, openAnswerer } from "../eval/vqa.ts";
import { writeTextAtomic } from "../files/atomic.ts";
import { readJsonl } from "../files/jsonl.ts";
import { metricsPath, openRunFolder } from "../files/run-folder.ts";
import { train } from "../train/trainer.ts";
import { demoReport } from "./demo-report.ts";
import type { DemoResults, DemoSummary } from "./demo-results.ts";
import { meterTiny } from "./meter-tiny.ts";
import { meterTinyVqa } from "./meter-tiny-vqa.ts";
import { configOf } from "./recipe.ts";

const vqaPictures = 1000;
const retrievalPictures = 400;
const shortlist = 8;

/** Runs what is still missing in `out`; stages already trained there are kept. @throws BifocalError when it is finished. */
export async function runDemo(
  out: string,
  backend: Backend,
  signal: AbortSignal,
): Promise<DemoSummary | undefined> {
  if (existsSync(join(out, "report.json"))) {
    fail("usage", out, {
      expected: "a folder without a finished demonstration",
      got: "report.json",
      todo: "look at report.html there, or choose another --out",
    });
  }
  const began = performance.now();
  await mkdir(out, { recursive: true });
  const pretrained = join(out, "pretrain");
  const answering = join(out, "vqa");
  const stages: DemoResults["stages"][number][] = [];
  for (const [recipe, folder, from] of [
    [meterTiny, pretrained, undefined],
    [meterTinyVqa, answering, pretrained],
  ] as const) {
    process.stderr.write(`${recipe.name}: ${recipe.description}\n`);
    const resume = existsSync(join(folder, "config.json"));
    const result = await train({ config: configOf(recipe), out: folder, resume, from, backend, signal });
    if (!result.finished) return undefined;
    stages.push({ recipe, folder, result });
  }

  const captioning = await withData(
    await openRun(await openRunFolder(pretrained), configOf(meterTiny), "final"),
    [],
  );
  const retrieval = [
    await evaluateRetrieval(backend, captioning, "test", retrievalPictures, { shortlist }),
    await evaluateRetrieval(backend, captioning, "test-style", retrievalPictures, { shortlist }),
  ] as const;
  const asked = await withData(
    await openRun(await openRunFolder(answering), configOf(meterTinyVqa), "final"),
    [],
  );
  const answerer = await openAnswerer(backend, asked);
  const vqa = [
    await evaluateVqa(answerer, asked, "test", vqaPictures),
    await evaluateVqa(answerer, asked, "test-combinations", vqaPictures),
    await evaluateVqa(answerer, asked, "test-style", vqaPictures),
  ] as const;
  for (const { split, predictions } of vqa) {
    const lines = predictions.map((prediction) => `${JSON.stringify(prediction)}\n`).join("");
    await writeTextAtomic(join(answering, `predictions-${split}.jsonl`), lines);
  }

  const summary: DemoSummary = {
    vqa: {
      accuracy: vqa[0].accuracy,
      questionOnly: vqa[0].questionOnly,
      majority: vqa[0].majority,
      unseenStyle: vqa[2].accuracy,
      unseenCombinations: vqa[1].accuracy,
      n: vqa[0].n,
    },
    retrieval: {
      i2tR1: retrieval[0].final.i2t.r1,
      t2iR1: retrieval[0].final.t2i.r1,
      chance: retrieval[0].chance,
      unseenStyleI2tR1: retrieval[1].final.i2t.r1,
      n: retrieval[0].n,
    },
    seconds: (performance.now() - began) / 1000,
    samplesPerSecond: stages.at(-1)!.result.samplesPerSecond,
    parameters: stages.at(-1)!.result.parameters,
  };
  const histories = await Promise.all(
    stages.map(async ({ folder, recipe }) => {
      const { records } = await readJsonl(metricsPath(await openRunFolder(folder)));
      return { name: recipe.name, records };
    }),
  );
  const report = await demoReport(
    { summary, stages, vqa, retrieval },
    histories,
    captioning,
    answerer,
    asked,
  );
  await writeTextAtomic(join(out, "report.html"), renderReport(report));
  await writeTextAtomic(join(out, "report.json"), `${JSON.stringify(summary, null, 2)}\n`);
  return summary;
}
