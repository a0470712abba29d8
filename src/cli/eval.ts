import { join } from "node:path";
import type { Backend } from "../backends/backend.ts";
import { fail, nearest } from "../core/errors.ts";
import type { Answered, BlindScores, MarkedAnswers } from "../eval/answers.ts";
import type { CaptionResult } from "../eval/captions.ts";
import type { MeanFlow } from "../eval/flow.ts";
import type { RunWithData } from "../eval/open-run.ts";
import type { BothWays } from "../eval/retrieval.ts";
import type { Submitted } from "../eval/submission.ts";
import { writeTextAtomic } from "../files/atomic.ts";
import type { VqaAccuracy } from "../metrics/vqa-accuracy.ts";
import { type BackendFlags, backendOf, withBackend } from "./backend-options.ts";
import { searchOptions } from "./search-options.ts";
import { countOption, printResult, table, verb } from "./verb.ts";

interface EvalFlags extends BackendFlags {
  readonly task?: string;
  readonly split: string;
  readonly checkpoint: string;
  readonly pictures?: string;
  readonly shortlist: string;
  readonly captions?: string;
  readonly submission?: string;
  readonly beams: string;
  readonly lengthPenalty: string;
  readonly json?: boolean;
}

const defaultExamples = {
  vqa: 1000,
  captioning: 500,
  nlvr2: 2000,
  entailment: 2000,
  referring: 2000,
  retrieval: 400,
  flow: 400,
};
const tasks = Object.keys(defaultExamples) as (keyof typeof defaultExamples)[];
const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
const span = ([low, high]: readonly [number, number]) => `${percent(low)} to ${percent(high)}`;

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
    "eval runs/coco --task retrieval --pictures 5000 --captions 5",
    "eval runs/meter-base-vqa --backend torch --device cuda:0",
  ]),
)
  .argument("<run>", "run folder")
  .option("--task <name>", `${tasks.join(", ")} (default: what the run was trained for)`)
  .option("--split <name>", "split of the run's data set", "test")
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
  .option("--shortlist <n>", "retrieval: candidates of each query that the fusion reranks", "8")
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
    const opened = await openForUse(path, flags.checkpoint);
    const { kind } = opened.config.task;
    const wanted = flags.task ?? (kind === "pretrain" ? "retrieval" : kind);
    const task = tasks.find((name) => name === wanted);
    if (task === undefined) {
      fail("usage", "--task", {
        expected: tasks.join(", "),
        got: wanted,
        todo: `did you mean ${nearest(wanted, tasks)}?`,
      });
    }
    // What guesses blindly learns from the training split.
    const isGuessed = ["vqa", "nlvr2", "entailment", "captioning"].includes(task);
    const run = await withData(opened, [flags.split], isGuessed ? ["train"] : []);
    const size = run.source.dataset.splits[flags.split]!;
    const whole = flags.submission === undefined ? defaultExamples[task] : size;
    const pictures =
      flags.pictures === undefined ? Math.min(whole, size) : countOption("--pictures", flags.pictures);
    /** Writes the submission that was asked for and says where. */
    const submit = async (entries: () => readonly Submitted[]): Promise<string[][]> => {
      const { submission } = flags;
      if (submission === undefined) return [];
      const { submissionText } = await import("../eval/submission.ts");
      const text = submissionText(submission, run.config.data, flags.split, size, entries());
      await writeTextAtomic(submission, text);
      return [["submission", submission]];
    };
    const noSubmission = ["retrieval", "flow"].includes(task);
    if (noSubmission && flags.submission !== undefined) {
      fail("usage", "--submission", {
        expected: "vqa, captioning, nlvr2, entailment or referring",
        got: `task ${task}`,
      });
    }
    if (pictures > size)
      fail("usage", "--pictures", { expected: `at most ${size}, the whole split`, got: `${pictures}` });
    const backend = await backendOf(flags);
    const { checkpoint } = run;
    const { seed } = run.config.train;
    const origin = (n: number, what: string): [string, string] => [
      "split",
      `${flags.split}, ${n} ${what}, checkpoint ${checkpoint}, seed ${seed}`,
    ];
    const file = join(path, `predictions-${task}-${flags.split}.jsonl`);
    const report = (result: object, rows: readonly (readonly string[])[]) =>
      printResult(flags.json, { task, checkpoint, seed, ...result, predictions: file }, [
        ...table([...rows, ["predictions", file]]),
      ]);

    if (task === "retrieval") {
      const { evaluateRetrieval } = await import("../eval/retrieval.ts");
      const shortlist = countOption("--shortlist", flags.shortlist);
      const each = flags.captions ?? (run.config.data.kind === "emoji-world" ? "1" : "5");
      const captionsEach = countOption("--captions", each);
      const evaluated = await evaluateRetrieval(backend, run, flags.split, pictures, shortlist, captionsEach);
      const { scores, captions, imageOf, final: _, ...result } = evaluated;
      await writeTextAtomic(file, bestCaptions(scores, captions, imageOf, pictures));
      report(result, [
        origin(pictures, `pictures, ${result.texts} captions`),
        ["chance R@1", percent(result.chance)],
        ...recallRows("towers alone", result.dual),
        ...recallRows("reranked", result.reranked),
      ]);
      return;
    }
    if (task === "captioning") {
      const { cocoReferences, cocoResults, evaluateCaptions } = await import("../eval/captions.ts");
      const { openCaptioner } = await import("../eval/captioner.ts");
      const describe = await openCaptioner(backend, run, searchOptions(flags));
      const evaluated = await evaluateCaptions(describe, run, flags.split, pictures);
      const { predictions, ...result } = evaluated;
      const results = join(path, `captions-${flags.split}.json`);
      const references = join(path, `references-${flags.split}.json`);
      await writeTextAtomic(file, lines(predictions));
      await writeTextAtomic(results, `${JSON.stringify(cocoResults(predictions))}\n`);
      if (result.scores !== undefined)
        await writeTextAtomic(references, `${JSON.stringify(cocoReferences(predictions))}\n`);
      const submitted = await submit(() =>
        predictions.map(({ image, caption }) => ({ id: image, prediction: caption })),
      );
      report({ ...result, results }, [
        origin(result.n, `pictures, ${flags.beams === "1" ? "greedy" : `${flags.beams} beams`}`),
        ...captionRows(result),
        ["for bifocal score", results],
        ...submitted,
      ]);
      return;
    }
    if (task === "referring") {
      const { evaluateReferring, sidesOf } = await import("../eval/refer.ts");
      const evaluated = await evaluateReferring(backend, run, flags.split, pictures);
      const { predictions, ...result } = evaluated;
      await writeTextAtomic(file, lines(predictions));
      const submitted = await submit(() =>
        predictions.map(({ id, boxes, predicted }) => ({ id, prediction: sidesOf(boxes[predicted]!) })),
      );
      report(result, [
        origin(result.n, "expressions"),
        ...accuracyRows(result, [["chance", percent(result.chance)]]),
        ...submitted,
      ]);
      return;
    }
    if (task === "flow") {
      const { evaluateFlow } = await import("../eval/flow.ts");
      const { predictions, ...result } = await evaluateFlow(backend, run, flags.split, pictures);
      await writeTextAtomic(file, lines(predictions));
      const row = (name: string, { mean, interval }: MeanFlow) => [
        name,
        `${percent(mean)} (95 %: ${span(interval)})`,
      ];
      report(result, [
        origin(result.n, "pairs"),
        row("patches to words", result.toWords),
        row("words to patches", result.toPatches),
        row("inter-modality flow", result.total),
      ]);
      return;
    }
    const { predictions, ...result } = await judged(backend, run, task, flags.split, pictures);
    await writeTextAtomic(file, lines(predictions));
    const submitted = await submit(() =>
      predictions.map(({ id, top }) => ({ id, prediction: top[0]!.answer })),
    );
    const { questionOnly, majority } = result;
    report(result, [
      origin(result.n, task === "vqa" ? "questions" : "texts"),
      ...("accuracy" in result
        ? accuracyRows(result, [
            ...(questionOnly === undefined
              ? []
              : [[task === "vqa" ? "question only" : "text only", percent(questionOnly)]]),
            ...(majority === undefined ? [] : [["majority", percent(majority)]]),
            ...officialRows(result.official),
          ])
        : [["scores", "none, answers are held back"]]),
      ...submitted,
    ]);
  });

/** What was answered, and its scores where answers are published. */
type Judged = { readonly split: string; readonly n: number } & (
  | { readonly predictions: readonly Answered[]; readonly questionOnly?: number; readonly majority?: number }
  | (MarkedAnswers & Partial<BlindScores>)
);

async function judged(
  backend: Backend,
  run: RunWithData,
  task: "vqa" | "nlvr2" | "entailment",
  split: string,
  n: number,
): Promise<Judged> {
  if (task !== "vqa") {
    const { evaluateJudging } = await import("../eval/judge.ts");
    return evaluateJudging(backend, run, task, split, n);
  }
  const { answerSplit, openAnswerer, trainingQuestions } = await import("../eval/vqa.ts");
  const { areHeldBack, markAnswers, markBlindly } = await import("../eval/answers.ts");
  const answered = await answerSplit(await openAnswerer(backend, run), run, split, n);
  if (areHeldBack(answered)) return { split, n: answered.length, predictions: answered };
  const training = await trainingQuestions(run);
  return { ...markAnswers(split, answered), ...(training.length > 0 && markBlindly(answered, training)) };
}

/** The official accuracy by type of answer. */
function officialRows(official: VqaAccuracy | undefined): string[][] {
  return Object.entries(official?.perAnswerType ?? {}).map(([type, accuracy]) => [
    `answers of type ${type}`,
    percent(accuracy),
  ]);
}

function lines(predictions: readonly object[]): string {
  return predictions.map((prediction) => `${JSON.stringify(prediction)}\n`).join("");
}

type Accuracies = Pick<MarkedAnswers, "accuracy" | "interval" | "kinds">;

/** Accuracy, what guessing gives, and accuracy by kind. */
function accuracyRows({ accuracy, interval, kinds }: Accuracies, guesses: readonly string[][]) {
  return [
    ["accuracy", `${percent(accuracy)} (95 %: ${span(interval)})`],
    ...guesses,
    ...Object.entries(kinds).map(([kind, part]) => [
      `  ${kind}`,
      `${percent(part.accuracy)} of ${part.total}`,
    ]),
  ];
}

/** Each score beside that of one caption for all pictures. */
function captionRows({ scores, baseline }: Omit<CaptionResult, "predictions">): string[][] {
  if (scores === undefined) return [["scores", "none, captions are held back"]];
  const row = (name: string, key: "bleu1" | "bleu4" | "rougeL" | "cider") => [
    name,
    (100 * scores[key]).toFixed(1),
    ...(baseline === undefined ? [] : [(100 * baseline.scores[key]).toFixed(1)]),
  ];
  return [
    ["", "captions", ...(baseline === undefined ? [] : [`"${baseline.caption}" for all`])],
    row("CIDEr", "cider"),
    row("BLEU-4", "bleu4"),
    row("BLEU-1", "bleu1"),
    row("ROUGE-L", "rougeL"),
  ];
}

function recallRows(name: string, recalls: BothWays | undefined): string[][] {
  if (recalls === undefined) return [];
  const row = (what: string, { r1, r5, r10, interval }: BothWays["i2t"]) => [
    `${what}, ${name}`,
    `R@1 ${percent(r1)} (${span(interval)}), R@5 ${percent(r5)}, R@10 ${percent(r10)}`,
  ];
  return [
    row("captions", recalls.i2t),
    row("pictures", recalls.t2i),
    [`sum of recalls, ${name}`, (100 * recalls.recallSum).toFixed(1)],
  ];
}

/** A line per picture: its first caption and the five found, best first; the rank is that of its best own caption. */
function bestCaptions(
  scores: Float32Array,
  captions: readonly string[],
  imageOf: readonly number[],
  n: number,
): string {
  const texts = captions.length;
  return Array.from({ length: n }, (_, image) => {
    const score = (text: number) => scores[image * texts + text]!;
    const order = captions.map((_, text) => text).sort((a, b) => score(b) - score(a));
    const rank = order.findIndex((text) => imageOf[text] === image) + 1;
    const found = order.slice(0, 5).map((text) => ({ caption: captions[text], score: score(text) }));
    return `${JSON.stringify({ image, caption: captions[imageOf.indexOf(image)], rank, found })}\n`;
  }).join("");
}
