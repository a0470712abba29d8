import type { DualModel, FusionModel } from "../models/contracts.ts";
import type { Scope } from "../nn/scope.ts";
import { captioning, captioningBatch, captioningPrimary } from "./captioning.ts";
import { classification, classificationBatch, classificationPrimary } from "./classification.ts";
import { entailment, entailmentJudging, entailmentPrimary } from "./entailment.ts";
import { judgedBatch } from "./judged-batch.ts";
import { memes, memesJudging, memesPrimary } from "./memes.ts";
import { nlvr2, nlvr2Judging, nlvr2Primary } from "./nlvr2.ts";
import { sentinelCount } from "./pretrain/hidden-spans.ts";
import { type PretrainConfig, pretrain, pretrainBatch, pretrainPrimary } from "./pretrain.ts";
import { type ReferringConfig, referring, referringBatch, referringPrimary } from "./referring.ts";
import { type RetrievalConfig, retrieval, retrievalBatch, retrievalPrimary } from "./retrieval.ts";
import { type SentencesConfig, sentences, sentencesBatch, sentencesPrimary } from "./sentences.ts";
import type { BatchPlan, Primary, Sizes } from "./task.ts";
import { type VqaConfig, vqa, vqaBatch, vqaPrimary } from "./vqa.ts";

/** A task as a recipe names it. */
export type TaskConfig =
  | ({ readonly kind: "pretrain" } & PretrainConfig)
  | ({ readonly kind: "vqa" } & VqaConfig)
  | { readonly kind: "captioning" }
  | { readonly kind: "nlvr2" }
  | { readonly kind: "entailment" }
  | { readonly kind: "memes" }
  | { readonly kind: "classification" }
  | ({ readonly kind: "sentences" } & SentencesConfig)
  | ({ readonly kind: "referring" } & ReferringConfig)
  | ({ readonly kind: "retrieval" } & RetrievalConfig);

/** Declares a task's heads under `at`. */
export function buildTask(at: Scope, model: DualModel | FusionModel, config: TaskConfig, sizes: Sizes) {
  switch (config.kind) {
    case "pretrain":
      return pretrain(at, model, config, sizes);
    case "vqa":
      return vqa(at, model, config, sizes);
    case "captioning":
      return captioning(model, sizes);
    case "nlvr2":
      return nlvr2(at, model, sizes);
    case "entailment":
      return entailment(at, model, sizes);
    case "memes":
      return memes(at, model, sizes);
    case "classification":
      return classification(at, model, sizes);
    case "sentences":
      return sentences(at, model, config, sizes);
    case "referring":
      return referring(at, model, config);
    case "retrieval":
      return retrieval(at, model, config, sizes);
  }
}

/** A task's batches, known without its model, so that other threads can make them. */
export function batchPlan(config: TaskConfig, sizes: Sizes): BatchPlan {
  switch (config.kind) {
    case "pretrain":
      return pretrainBatch(config, sizes);
    case "vqa":
      return vqaBatch(config, sizes);
    case "captioning":
      return captioningBatch(sizes);
    case "nlvr2":
      return judgedBatch(nlvr2Judging, sizes);
    case "entailment":
      return judgedBatch(entailmentJudging, sizes);
    case "memes":
      return judgedBatch(memesJudging, sizes);
    case "classification":
      return classificationBatch(sizes);
    case "sentences":
      return sentencesBatch(config, sizes);
    case "referring":
      return referringBatch(config, sizes);
    case "retrieval":
      return retrievalBatch(config, sizes);
  }
}

/** Rows at the end of the word table that are no entries of a tokenizer. */
export function reservedRows(config: TaskConfig, sizes: Pick<Sizes, "textLength">): number {
  return config.kind === "pretrain" && config.span !== undefined ? sentinelCount(config.span, sizes) : 0;
}

/** Whether the task chooses among the data set's answers. */
export function choosesAnswers(config: TaskConfig): boolean {
  const { kind } = config;
  return kind === "vqa" || kind === "classification" || (kind === "sentences" && config.says === "label");
}

const primaries: Readonly<Record<Exclude<TaskConfig["kind"], "sentences">, Primary>> = {
  pretrain: pretrainPrimary,
  vqa: vqaPrimary,
  captioning: captioningPrimary,
  nlvr2: nlvr2Primary,
  entailment: entailmentPrimary,
  memes: memesPrimary,
  classification: classificationPrimary,
  referring: referringPrimary,
  retrieval: retrievalPrimary,
};

/** What decides which checkpoint is the best. */
export function primaryOf(config: TaskConfig): Primary {
  return config.kind === "sentences" ? sentencesPrimary(config) : primaries[config.kind];
}
