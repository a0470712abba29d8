import { z } from "zod";
import { accuracy } from "../../metrics/accuracy.ts";
import { auroc } from "../../metrics/auroc.ts";
import { boxAccuracy } from "../../metrics/box-accuracy.ts";
import { pearson, spearman } from "../../metrics/correlation.ts";
import { f1 } from "../../metrics/f1.ts";
import { matthews } from "../../metrics/matthews.ts";
import type { Paired } from "../../metrics/paired.ts";
import { scoreGqa, scoreMemes, scoreNlvr2, scoreSnliVe, scoreVizwiz } from "./benchmarks.ts";
import { scoreCaptions } from "./captions.ts";
import { glueTasks, scoreGlue } from "./glue.ts";
import { labelSchema, numberSchema, type PairFiles, readAlike, readPairs } from "./pairs.ts";
import { scoreSimilarities } from "./similarities.ts";
import { scoreVqa } from "./vqa.ts";

/** A kind of file that a metric reads. */
export type ScoreFile = "questions" | "annotations" | "references" | "truths" | "predictions";

/** Figures by name, groups of them one level down. */
export type Figures = Readonly<Record<string, number | Readonly<Record<string, number>>>>;

/** A metric on files, without a model. */
export interface FileMetric {
  readonly files: readonly ScoreFile[];
  /** @throws BifocalError where the files are not as they should be. */
  readonly score: (paths: Readonly<Record<ScoreFile, string>>) => Promise<Figures>;
}

const tables = ["truths", "predictions"] as const;
const box = z.tuple([z.number(), z.number(), z.number().nonnegative(), z.number().nonnegative()]);
const truth = z.union(
  [
    z.boolean(),
    z.literal([0, 1, "0", "1", "true", "false"]).transform((value) => /^(1|true)$/.test(String(value))),
  ],
  { error: "expected 0 or 1" },
);

function onPairs<S extends z.ZodType>(
  schema: S,
  measure: (paired: Paired<z.output<S>>) => Figures,
): FileMetric {
  return {
    files: tables,
    score: async (paths: PairFiles) => {
      const paired = await readAlike(paths, schema);
      return { ...measure(paired), n: paired.truths.length };
    },
  };
}

/** What `bifocal score` computes, by name. */
export const fileMetrics: Readonly<Record<string, FileMetric>> = {
  vqa: {
    files: ["questions", "annotations", "predictions"],
    score: async (paths) => ({ ...(await scoreVqa(paths)) }),
  },
  caption: {
    files: ["references", "predictions"],
    score: async (paths) => ({ ...(await scoreCaptions(paths)) }),
  },
  gqa: {
    files: ["questions", "predictions"],
    score: async ({ questions, predictions }) => ({ ...(await scoreGqa(questions, predictions)) }),
  },
  vizwiz: {
    files: ["annotations", "predictions"],
    score: async ({ annotations, predictions }) => ({ ...(await scoreVizwiz(annotations, predictions)) }),
  },
  nlvr2: {
    files: tables,
    score: async ({ truths, predictions }) => ({ ...(await scoreNlvr2(truths, predictions)) }),
  },
  "snli-ve": {
    files: tables,
    score: async ({ truths, predictions }) => ({ ...(await scoreSnliVe(truths, predictions)) }),
  },
  memes: {
    files: tables,
    score: async ({ truths, predictions }) => ({ ...(await scoreMemes(truths, predictions)) }),
  },
  ...Object.fromEntries(
    glueTasks.map((name): [string, FileMetric] => [
      name,
      { files: tables, score: ({ truths, predictions }) => scoreGlue(name, truths, predictions) },
    ]),
  ),
  accuracy: onPairs(labelSchema, (paired) => ({
    accuracy: accuracy(paired),
  })),
  f1: onPairs(labelSchema, (paired) => {
    const { macro, perLabel } = f1(paired);
    return { macroF1: macro, perLabel };
  }),
  matthews: onPairs(labelSchema, (paired) => ({
    matthews: matthews(paired),
  })),
  pearson: onPairs(numberSchema, (paired) => ({ pearson: pearson(paired) })),
  spearman: onPairs(numberSchema, (paired) => ({
    spearman: spearman(paired),
  })),
  auroc: {
    files: tables,
    score: async (paths) => {
      const { predictions, truths } = await readPairs(paths, numberSchema, truth);
      return { auroc: auroc({ scores: predictions, positive: truths }), n: truths.length };
    },
  },
  grounding: onPairs(box, (paired) => ({
    accuracy: boxAccuracy(paired),
  })),
  recall: {
    files: ["predictions"],
    score: async (paths) => {
      const { imageToText, textToImage, ...rest } = await scoreSimilarities(paths.predictions);
      return { imageToText: { ...imageToText }, textToImage: { ...textToImage }, ...rest };
    },
  },
};
