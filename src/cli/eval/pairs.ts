/** Pictures and texts that belong together: found among many, boxes among boxes, and how much flows between them. */
import { bestOf } from "../../eval/best-of.ts";
import type { MeanFlow } from "../../eval/flow.ts";
import type { BothWays, FoldedScores, RetrievalOptions } from "../../eval/retrieval.ts";
import { imageToTextRanks } from "../../metrics/recall.ts";
import { countOption } from "../verb.ts";
import { accuracyRows, type Evaluated, type Evaluation, percent, type Rows, span } from "./evaluated.ts";

/** Captions for pictures and pictures for captions. */
export async function evaluateSearch({ backend, run, split, n, flags }: Evaluation): Promise<Evaluated> {
  const { evaluateRetrieval } = await import("../../eval/retrieval.ts");
  const shortlist = flags.shortlist === "all" ? "all" : countOption("--shortlist", flags.shortlist);
  const each = flags.captions ?? (run.config.data.kind === "emoji-world" ? "1" : "5");
  const options: RetrievalOptions = {
    shortlist,
    captions: countOption("--captions", each),
    ...(flags.folds !== undefined && { folds: countOption("--folds", flags.folds) }),
  };
  const evaluated = await evaluateRetrieval(backend, run, split, n, options);
  const { scores, captions, imageOf, final: _, ...result } = evaluated;
  return {
    result,
    what: `${n} pictures, ${result.texts} captions`,
    rows: [
      ["chance R@1", percent(result.chance)],
      ...recallRows("towers alone", result.dual),
      ...recallRows("reranked", result.reranked),
      ...foldRows(result.folds),
    ],
    predictions: bestCaptions(scores, captions, imageOf, n),
  };
}

function foldRows(folds: FoldedScores | undefined): Rows {
  if (folds === undefined) return [];
  return [
    ["folds", `${folds.count} of ${folds.pictures} pictures, means`],
    ...recallRows("towers alone, in folds", folds.dual),
    ...recallRows("reranked, in folds", folds.reranked),
  ];
}

function recallRows(name: string, recalls: BothWays | undefined): Rows {
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

/** Of every picture its first caption and the five found, best first; the rank is that of its best own caption. */
function bestCaptions(
  scores: Float32Array,
  captions: readonly string[],
  imageOf: readonly number[],
  n: number,
): readonly object[] {
  const texts = captions.length;
  const ranks = imageToTextRanks({ scores, imageOf, images: n });
  return Array.from({ length: n }, (_, image) => {
    const score = (text: number) => scores[image * texts + text]!;
    const found = bestOf(5, texts, score).map((text) => ({ caption: captions[text], score: score(text) }));
    return { image, caption: captions[imageOf.indexOf(image)], rank: ranks[image], found };
  });
}

/** Boxes that expressions mean. */
export async function evaluateBoxes({ backend, run, split, n }: Evaluation): Promise<Evaluated> {
  const { evaluateReferring, sidesOf } = await import("../../eval/refer.ts");
  const { predictions, ...result } = await evaluateReferring(backend, run, split, n);
  return {
    result,
    what: `${result.n} expressions`,
    rows: accuracyRows(result, [["chance", percent(result.chance)]]),
    predictions,
    submitted: () =>
      predictions.map(({ id, boxes, predicted }) => ({ id, prediction: sidesOf(boxes[predicted]!) })),
  };
}

/** Inter-modality flow. */
export async function evaluateFlowOf({ backend, run, split, n }: Evaluation): Promise<Evaluated> {
  const { evaluateFlow } = await import("../../eval/flow.ts");
  const { predictions, ...result } = await evaluateFlow(backend, run, split, n);
  const row = (name: string, { mean, interval }: MeanFlow) => [
    name,
    `${percent(mean)} (95 %: ${span(interval)})`,
  ];
  return {
    result,
    what: `${result.n} pairs`,
    rows: [
      row("patches to words", result.toWords),
      row("words to patches", result.toPatches),
      row("inter-modality flow", result.total),
    ],
    predictions,
  };
}
