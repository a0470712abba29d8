/** Picture files to what a model reads: decoding, resizing to 224, augmenting, on as many threads as there are cores. */
import { once } from "node:events";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { transforms } from "#src/data/transform-config.ts";
import type { PictureDataset } from "#src/datasets/contracts.ts";
import { progress } from "#src/files/progress.ts";
import { type Cost, type Figure, figureOf, timed } from "./figure.ts";
import { writePictures } from "./pictures.ts";
import { type PythonScript, startPython } from "./python.ts";
import type { TransformRequest, TransformSetup } from "./transform-worker.ts";

const rounds = 7;
const files = 24;
const count = 100; // pictures of one round and thread
const side = 224;
const kinds = ["training", "evaluation"] as const;
const work = {
  training: "decode, resize, RandAugment",
  evaluation: "decode, resize as torchvision to the bit",
};

/** Images/s of clip-randaug, in training and in evaluation, beside Pillow and torchvision where a Python has them. */
export async function transformFigures(dataset: PictureDataset): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), "bifocal-bench-"));
  const threads = availableParallelism();
  const url = new URL("./transform-worker.js", import.meta.url);
  let workers: Worker[] = [];
  let python: PythonScript | undefined;
  try {
    const paths = await writePictures(dataset, files, folder);
    const args = [threads, count, side, folder].map(String);
    python = await startPython("transforms.py", args, "torchvision, PIL");
    const bytes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
    const workerData: TransformSetup = { paths, config: transforms["clip-randaug"], side };
    workers = Array.from({ length: threads }, () => new Worker(url, { workerData }));
    const round = (training: boolean) =>
      timed(() =>
        Promise.all(
          workers.map((worker) => {
            worker.postMessage({ count, training } satisfies TransformRequest);
            return once(worker, "message");
          }),
        ),
      );
    const figures = [
      figureOf(
        "size of a file",
        "kB",
        bytes.map((size) => size / 1000),
      ),
    ];
    for (const kind of kinds) {
      const ours: Cost[] = [];
      const theirs: Cost[] = [];
      const bar = progress({ label: kind, total: rounds + 1 });
      for (let i = 0; i <= rounds; i++) {
        const cost = await round(kind === "training");
        const [seconds, cpuSeconds] = (await python?.ask(kind))?.split(" ").map(Number) ?? [];
        bar.update(i + 1, { "images/s": (threads * count) / cost.seconds });
        if (i === 0) continue; // warm
        ours.push(cost);
        if (seconds !== undefined && cpuSeconds !== undefined) theirs.push({ seconds, cpuSeconds });
      }
      bar.finish();
      figures.push(
        ...speeds(
          `${kind}: ${work[kind]}`,
          ours,
          kind === "training" ? "at least 500 on 2 cores" : undefined,
        ),
      );
      if (python === undefined) continue;
      figures.push(...speeds(`${kind}, ${python.about}`, theirs));
      for (const [name, key] of [
        ["clock", "seconds"],
        ["CPU time", "cpuSeconds"],
      ] as const) {
        const ratios = ours.map((cost, i) => theirs[i]![key] / cost[key]);
        figures.push(figureOf(`${kind}, ours / Python's by ${name}`, "", ratios));
      }
    }
    return figures;
  } finally {
    python?.close();
    await Promise.all(workers.map((worker) => worker.terminate()));
    await rm(folder, { recursive: true });
  }
}

/** By the clock, and by CPU time, which others on the machine disturb less. */
function speeds(name: string, costs: readonly Cost[], target?: string): Figure[] {
  const pictures = availableParallelism() * count;
  return [
    figureOf(
      name,
      "images/s",
      costs.map(({ seconds }) => pictures / seconds),
      target,
    ),
    figureOf(
      `${name}, per core`,
      "images/CPU-s",
      costs.map(({ cpuSeconds }) => pictures / cpuSeconds),
    ),
  ];
}
