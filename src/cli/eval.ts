import { join } from "node:path";
import { fail, nearest } from "../core/errors.ts";
import { writeTextAtomic } from "../files/atomic.ts";
import { countOption, printResult, table, verb } from "./verb.ts";

interface EvalFlags {
  readonly task?: string;
  readonly split: string;
  readonly checkpoint: string;
  readonly pictures?: string;
  readonly shortlist: string;
  readonly json?: boolean;
}

const tasks = ["vqa", "retrieval"] as const;
const defaultPictures = { vqa: 1000, retrieval: 400 };
const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
const span = ([low, high]: readonly [number, number]) => `${percent(low)} to ${percent(high)}`;

/** `bifocal eval <run>` */
export const evaluate = verb("eval", "score a run on a split, with per-example predictions beside it", [
  "eval runs/meter-tiny-vqa",
  "eval runs/meter-tiny-vqa --split test-style --checkpoint best",
  "eval runs/meter-tiny --task retrieval --pictures 1000 --shortlist 16",
])
  .argument("<run>", "run folder")
  .option("--task <name>", `${tasks.join(" or ")} (default: what the run was trained for)`)
  .option("--split <name>", "split of the run's data set", "test")
  .option("--checkpoint <which>", "final, best or last", "final")
  .option(
    "--pictures <n>",
    "how many pictures, from the start of the split (default: 1000 for vqa, 400 for retrieval)",
  )
  .option("--shortlist <n>", "retrieval: candidates of each query that the fusion reranks", "8")
  .action(async (path: string, flags: EvalFlags) => {
    const { openForUse } = await import("./open.ts");
    const run = await openForUse(path, flags.checkpoint);
    const wanted = flags.task ?? (run.config.task.kind === "vqa" ? "vqa" : "retrieval");
    const task = tasks.find((name) => name === wanted);
    if (task === undefined) {
      fail("usage", "--task", {
        expected: tasks.join(" or "),
        got: wanted,
        todo: `did you mean ${nearest(wanted, tasks)}?`,
      });
    }
    const size = run.source.dataset.splits[flags.split];
    if (size === undefined) {
      const names = Object.keys(run.source.dataset.splits);
      fail("usage", "--split", {
        expected: names.join(", "),
        got: flags.split,
        todo: `did you mean ${nearest(flags.split, names)}?`,
      });
    }
    const pictures =
      flags.pictures === undefined
        ? Math.min(defaultPictures[task], size)
        : countOption("--pictures", flags.pictures);
    if (pictures > size)
      fail("usage", "--pictures", { expected: `at most ${size}, the whole split`, got: `${pictures}` });
    const { defaultBackend } = await import("../backends/default.ts");
    const { checkpoint } = run;
    const { seed } = run.config.train;

    if (task === "vqa") {
      const { evaluateVqa, openAnswerer } = await import("../eval/vqa.ts");
      const answerer = await openAnswerer(defaultBackend, run);
      const { predictions, ...result } = await evaluateVqa(answerer, run, flags.split, pictures);
      const file = join(path, `predictions-vqa-${flags.split}.jsonl`);
      await writeTextAtomic(
        file,
        predictions.map((prediction) => `${JSON.stringify(prediction)}\n`).join(""),
      );
      printResult(flags.json, { task, checkpoint, seed, ...result, predictions: file }, [
        ...table([
          ["split", `${flags.split}, ${result.n} questions, checkpoint ${checkpoint}, seed ${seed}`],
          ["accuracy", `${percent(result.accuracy)} (95 %: ${span(result.interval)})`],
          ["question only", percent(result.questionOnly)],
          ["majority", percent(result.majority)],
          ...Object.entries(result.kinds).map(([kind, { accuracy, total }]) => [
            `  ${kind}`,
            `${percent(accuracy)} of ${total}`,
          ]),
          ["predictions", file],
        ]),
      ]);
      return;
    }
    const { evaluateRetrieval } = await import("../eval/retrieval.ts");
    const shortlist = countOption("--shortlist", flags.shortlist);
    const { scores, captions, ...result } = await evaluateRetrieval(
      defaultBackend,
      run,
      flags.split,
      pictures,
      shortlist,
    );
    const file = join(path, `predictions-retrieval-${flags.split}.jsonl`);
    await writeTextAtomic(file, bestCaptions(scores, captions, pictures));
    const line = (name: string, { r1, r5, r10, interval }: typeof result.dual.i2t) => [
      name,
      `R@1 ${percent(r1)} (${span(interval)}), R@5 ${percent(r5)}, R@10 ${percent(r10)}`,
    ];
    printResult(flags.json, { task, checkpoint, seed, ...result, predictions: file }, [
      ...table([
        ["split", `${flags.split}, ${pictures} pictures, checkpoint ${checkpoint}, seed ${seed}`],
        ["chance R@1", percent(result.chance)],
        line("captions, towers alone", result.dual.i2t),
        line("pictures, towers alone", result.dual.t2i),
        ...(result.reranked === undefined
          ? []
          : [
              line("captions, reranked", result.reranked.i2t),
              line("pictures, reranked", result.reranked.t2i),
            ]),
        ["predictions", file],
      ]),
    ]);
  });

/** A line per picture: its caption and the five found, best first. */
function bestCaptions(scores: Float32Array, captions: readonly string[], n: number): string {
  return captions
    .map((caption, image) => {
      const order = captions
        .map((_, text) => text)
        .sort((a, b) => scores[image * n + b]! - scores[image * n + a]!);
      const rank = order.indexOf(image) + 1;
      const found = order
        .slice(0, 5)
        .map((text) => ({ caption: captions[text], score: scores[image * n + text] }));
      return `${JSON.stringify({ image, caption, rank, found })}\n`;
    })
    .join("");
}
