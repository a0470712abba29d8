/** Labels of pictures and sentences, and scores of sentences. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { fail } from "../../core/errors.ts";
import type { LabelResult } from "../../eval/labels.ts";
import { type Evaluated, type Evaluation, percent, type Rows, span } from "./evaluated.ts";

/** What the run was trained to say of pictures. */
export async function evaluateClasses({ backend, run, split, n }: Evaluation): Promise<Evaluated> {
  const { evaluateLabels } = await import("../../eval/labels.ts");
  return labelled("pictures", await evaluateLabels(backend, run, "classification", split, n));
}

/** What the run was trained to say of sentences. */
export async function evaluateSentences({ backend, run, split, n }: Evaluation): Promise<Evaluated> {
  const { evaluateLabels, evaluateScores } = await import("../../eval/labels.ts");
  const { task } = run.config;
  if (task.kind !== "sentences" || task.says === "label")
    return labelled("examples", await evaluateLabels(backend, run, "sentences", split, n));
  const { predictions, ...result } = await evaluateScores(backend, run, split, n);
  const { pearson, spearman } = result;
  return {
    result,
    what: `${n} examples`,
    rows:
      pearson === undefined || spearman === undefined
        ? heldBack
        : [
            ["Pearson", percent(pearson)],
            ["Spearman", percent(spearman)],
          ],
    predictions,
    submitted: () => predictions.map(({ id, predicted }) => ({ id, prediction: `${predicted}` })),
  };
}

/** What prompts say of pictures. */
export async function evaluatePrompts({ backend, run, split, n, flags }: Evaluation): Promise<Evaluated> {
  const { evaluateZeroShot } = await import("../../eval/zero-shot.ts");
  const { prompt, labelNames } = flags;
  const prompts = {
    templates: prompt ?? ["a photo of a {}"],
    names: labelNames === undefined ? {} : await readNames(labelNames),
  };
  return labelled("pictures", await evaluateZeroShot(backend, run, split, n, prompts));
}

function labelled(what: string, { predictions, ...result }: LabelResult): Evaluated {
  return {
    result,
    what: `${result.n} ${what}`,
    rows: labelRows(result.scores),
    predictions,
    submitted: () => predictions.map(({ id, top }) => ({ id, prediction: top[0]!.answer })),
  };
}

const heldBack: Rows = [["scores", "none, labels are held back"]];

function labelRows(scores: LabelResult["scores"]): Rows {
  if (scores === undefined) return heldBack;
  const { accuracy, interval, top5, f1, matthews, majority } = scores;
  return [
    ["accuracy", `${percent(accuracy)} (95 %: ${span(interval)})`],
    ...(top5 === undefined ? [] : [["among five", percent(top5)]]),
    ["F1, mean over labels", percent(f1)],
    ["Matthews correlation", percent(matthews)],
    ["majority", percent(majority)],
  ];
}

/** @throws BifocalError when the file is no JSON object of texts. */
async function readNames(path: string): Promise<Readonly<Record<string, string>>> {
  try {
    return z.record(z.string(), z.string()).parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    return fail("usage", `--label-names ${path}`, {
      expected: 'a JSON object of labels and what they are called, {"n01440764": "tench"}',
      got: (error as Error).message.split("\n")[0]!,
    });
  }
}
