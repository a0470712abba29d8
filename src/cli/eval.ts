import { join } from "node:path";
import { fail, nearest } from "../core/errors.ts";
import type { OpenedRun } from "../eval/open-run.ts";
import { writeTextAtomic } from "../files/atomic.ts";
import { backendOf, withBackend } from "./backend-options.ts";
import type { EvalFlags } from "./eval/evaluated.ts";
import { evalTasks, evaluations } from "./eval/tasks.ts";
import { collect, countOption, printResult, table, verb } from "./verb.ts";

/** `bifocal eval <run>` */
export const evaluate = withBackend(
  verb("eval", "score a run on a split, with per-example predictions beside it", [
    "eval runs/meter-tiny-vqa",
    "eval runs/meter-tiny-vqa --split test-style --checkpoint best",
    "eval runs/meter-tiny-nlvr2 --split test-combinations",
    "eval runs/meter-tiny-captioning --beams 4",
    "eval runs/meter-tiny --task retrieval --pictures 1000 --shortlist 16",
    "eval runs/vilt-tiny-vqa --task flow",
    "eval runs/vqav2 --split test --submission answers.json",
    "eval runs/coco --task retrieval --pictures 5000 --folds 5",
    'eval runs/coco --task zero-shot --data imagenet --root imagenet --split val --prompt "a photo of a {}"',
    "eval runs/meter-base-vqa --backend torch --device cuda:0",
  ]),
)
  .argument("<run>", "run folder")
  .option("--task <name>", `${evalTasks.join(", ")} (default: what the run was trained for)`)
  .option("--split <name>", "split of the run's data set", "test")
  .option("--data <name>", "a data set in files to score the run on in place of its own; needs --root")
  .option("--root <path>", "where that data set lies")
  .option("--checkpoint <which>", "final, best or last", "final")
  .option(
    "--pictures <n>",
    "how many pictures, for some tasks texts, from the start of the split (default: 400 for retrieval and flow, 500 for captioning, 1000 for vqa, else 2000)",
  )
  .option(
    "--captions <n>",
    "retrieval: captions of every picture that are searched (default: 5 of data in files, as published, else 1)",
  )
  .option("--submission <file>", "also write predictions of the whole split in the benchmark's own form")
  .option(
    "--prompt <text>",
    "zero-shot: a text with {} for the label, of several the mean (default: a photo of a {})",
    collect,
  )
  .option("--label-names <file>", "zero-shot: what labels are called in texts, a JSON object")
  .option("--shortlist <n>", 'retrieval: candidates of each query that the fusion reranks, or "all"', "8")
  .option(
    "--folds <n>",
    "retrieval: also the means over so many equal parts of the pictures, COCO's 1k test with 5 of 5000",
  )
  .option("--beams <n>", "captioning: beginnings of a caption kept at each step; 1 is greedy", "1")
  .option(
    "--length-penalty <alpha>",
    "captioning: how much longer captions are favoured by several beams",
    "0.6",
  )
  .action(async (path: string, flags: EvalFlags) => {
    const [{ openForUse }, { withData }] = await Promise.all([
      import("./open.ts"),
      import("../eval/open-run.ts"),
    ]);
    const opened = await onOtherData(await openForUse(path, flags.checkpoint), flags);
    const { kind } = opened.config.task;
    const wanted = flags.task ?? (kind === "pretrain" ? "retrieval" : kind);
    const task = evalTasks.find((name) => name === wanted);
    if (task === undefined) {
      fail("usage", "--task", {
        expected: evalTasks.join(", "),
        got: wanted,
        todo: `did you mean ${nearest(wanted, evalTasks)}?`,
      });
    }
    const { examples, guesses, submits, evaluate } = evaluations[task];
    const { split, submission } = flags;
    if (!submits && submission !== undefined) {
      const takers = evalTasks.filter((name) => evaluations[name].submits);
      fail("usage", "--submission", { expected: takers.join(", "), got: `task ${task}` });
    }
    const run = await withData(opened, [split], guesses ? ["train"] : []);
    const size = run.source.dataset.splits[split]!;
    const whole = submission === undefined ? examples : size;
    const n =
      flags.pictures === undefined ? Math.min(whole, size) : countOption("--pictures", flags.pictures);
    if (n > size) fail("usage", "--pictures", { expected: `at most ${size}, the whole split`, got: `${n}` });
    const backend = await backendOf(flags);
    const found = await evaluate({ backend, run, folder: path, split, n, flags });
    const predictions = join(path, `predictions-${task}-${split}.jsonl`);
    await writeTextAtomic(
      predictions,
      found.predictions.map((prediction) => `${JSON.stringify(prediction)}\n`).join(""),
    );
    if (submission !== undefined && found.submitted !== undefined) {
      const { submissionText } = await import("../eval/submission.ts");
      const text = submissionText(submission, run.config.data, split, size, found.submitted());
      await writeTextAtomic(submission, text);
    }
    const { checkpoint } = run;
    const { seed } = run.config.train;
    printResult(flags.json, { task, checkpoint, seed, ...found.result, predictions }, [
      ...table([
        ["split", `${split}, ${found.what}, checkpoint ${checkpoint}, seed ${seed}`],
        ...found.rows,
        ...(submission === undefined ? [] : [["submission", submission]]),
        ["predictions", predictions],
      ]),
    ]);
  });

/** The run with another data set to be scored on. @throws BifocalError when only one of the two options is there. */
async function onOtherData(run: OpenedRun, { data, root }: EvalFlags): Promise<OpenedRun> {
  if (data === undefined && root === undefined) return run;
  if (data === undefined || root === undefined) {
    return fail("usage", data === undefined ? "--data" : "--root", {
      expected: "--data and --root together",
    });
  }
  const [{ dataSchema }, { validate }] = await Promise.all([
    import("../recipes/schema-data.ts"),
    import("../recipes/validate.ts"),
  ]);
  const { transform } = "transform" in run.config.data ? run.config.data : {};
  const other = validate(dataSchema, { kind: "files", name: data, root, transform }, "--data");
  return { ...run, config: { ...run.config, data: other } };
}
