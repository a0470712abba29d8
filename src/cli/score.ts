import { fail, nearest } from "../core/errors.ts";
import type { Figures, ScoreFile } from "../eval/score/index.ts";
import { printResult, table, verb } from "./verb.ts";

type ScoreFlags = Partial<Record<ScoreFile, string>> & { readonly json?: boolean };

const counts = new Set(["n", "images", "texts"]);

const about = `
Metrics and their files:
  vqa        --questions, --annotations as VQA v2's, --predictions [{question_id, answer}]
  caption    --references as COCO's captions, --predictions [{image_id, caption}]: BLEU, ROUGE-L, CIDEr-D,
             METEOR by equal words and stems (no synonyms, no paraphrases)
  gqa        --questions as GQA's, --predictions [{questionId, prediction}]
  vizwiz     --annotations as VizWiz's, --predictions [{image, answer}]
  nlvr2      --truths as NLVR2's JSON lines, --predictions lines of "identifier,True": accuracy, consistency
  snli-ve    --truths as SNLI-VE's JSON lines, --predictions with columns id and prediction
  memes      --truths as Hateful Memes' JSON lines, --predictions with columns id, proba and label: AUROC, accuracy
  glue-cola, -sst2, -mrpc, -stsb, -qqp, -mnli, -qnli, -rte, -wnli
             --truths as GLUE's dev.tsv, --predictions as its submissions, index and prediction: the task's own metrics
  accuracy, f1, matthews     labels
  pearson, spearman          numbers
  auroc                      predictions are scores, truths 0 or 1
  grounding                  boxes [x, y, width, height]; right from an IoU of 0.5
             --truths with columns id and truth, --predictions with id and prediction: .json, .jsonl or .csv
  recall     --predictions {scores: [images][texts], imageOf: [texts]}
`;

/** `bifocal score <metric>` */
export const score = verb("score", "a metric on prediction files, without a model", [
  "score vqa --questions questions.json --annotations annotations.json --predictions answers.json",
  "score caption --references captions_val2014.json --predictions captions.json --json",
  "score accuracy --truths truths.csv --predictions predictions.csv",
  "score glue-rte --truths RTE/dev.tsv --predictions RTE.tsv",
  "score recall --predictions similarities.json",
])
  .argument("<metric>", "what to compute, see below")
  .option("--predictions <file>", "what a model said")
  .option("--questions <file>", "vqa: the data set's questions")
  .option("--annotations <file>", "vqa: the data set's annotations")
  .option("--references <file>", "caption: annotations as COCO's, images and captions")
  .option("--truths <file>", "others: what is true")
  .addHelpText("after", about)
  .action(async (name: string, { json, ...paths }: ScoreFlags) => {
    const { fileMetrics } = await import("../eval/score/index.ts");
    const names = Object.keys(fileMetrics);
    const metric = Object.hasOwn(fileMetrics, name) ? fileMetrics[name] : undefined;
    if (metric === undefined) {
      fail("usage", "bifocal score", {
        expected: `one of ${names.join(", ")}`,
        got: name,
        todo: `did you mean ${names.find((other) => other.startsWith(`${name}-`)) ?? nearest(name, names)}?`,
      });
    }
    const given = Object.keys(paths) as ScoreFile[];
    const missing = metric.files.filter((file) => paths[file] === undefined);
    const idle = given.filter((file) => !metric.files.includes(file));
    if (missing.length > 0 || idle.length > 0) {
      const flags = (files: readonly ScoreFile[]) => files.map((file) => `--${file}`).join(", ");
      fail("usage", `bifocal score ${name}`, {
        expected: flags(metric.files),
        got: missing.length > 0 ? `no ${flags(missing)}` : `also ${flags(idle)}`,
      });
    }
    const figures = await metric.score(paths as Record<ScoreFile, string>);
    printResult(
      json,
      figures,
      table([...rowsOf(figures), ["", "figures are times 100, as papers print them"]]),
    );
  });

function rowsOf(figures: Figures, indent = ""): string[][] {
  return Object.entries(figures).flatMap(([name, value]) => {
    if (typeof value !== "number") return [[`${indent}${name}`, ""], ...rowsOf(value, `${indent}  `)];
    return [[`${indent}${name}`, indent === "" && counts.has(name) ? `${value}` : (100 * value).toFixed(2)]];
  });
}
