/** Captions beside one caption for all pictures; files that `bifocal score` takes are written with them. */
import { join } from "node:path";
import type { CaptionResult } from "../../eval/captions.ts";
import { writeTextAtomic } from "../../files/atomic.ts";
import { searchOptions } from "../search-options.ts";
import type { Evaluated, Evaluation, Rows } from "./evaluated.ts";

/** Describes pictures. */
export async function evaluateDescriptions(evaluation: Evaluation): Promise<Evaluated> {
  const { backend, run, folder, split, n, flags } = evaluation;
  const { cocoReferences, cocoResults, evaluateCaptions } = await import("../../eval/captions.ts");
  const { openCaptioner } = await import("../../eval/captioner.ts");
  const describe = await openCaptioner(backend, run, searchOptions(flags));
  const { predictions, ...result } = await evaluateCaptions(describe, run, split, n);
  const results = join(folder, `captions-${split}.json`);
  await writeTextAtomic(results, `${JSON.stringify(cocoResults(predictions))}\n`);
  if (result.scores !== undefined) {
    const references = join(folder, `references-${split}.json`);
    await writeTextAtomic(references, `${JSON.stringify(cocoReferences(predictions))}\n`);
  }
  return {
    result: { ...result, results },
    what: `${result.n} pictures, ${flags.beams === "1" ? "greedy" : `${flags.beams} beams`}`,
    rows: [...captionRows(result), ["for bifocal score", results]],
    predictions,
    submitted: () => predictions.map(({ image, caption }) => ({ id: image, prediction: caption })),
  };
}

/** Each score beside that of one caption for all pictures. */
function captionRows({ scores, baseline }: Omit<CaptionResult, "predictions">): Rows {
  if (scores === undefined) return [["scores", "none, captions are held back"]];
  const row = (name: string, key: "bleu1" | "bleu4" | "rougeL" | "cider" | "meteorExactStem") => [
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
    row("METEOR, exact and stem", "meteorExactStem"),
  ];
}
