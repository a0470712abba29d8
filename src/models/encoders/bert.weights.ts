/** BERT as published: `google-bert/*`, `hfl/chinese-roberta-wwm-ext` and all others of `model_type` bert. */
import { z } from "zod";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import type { TextState } from "../contracts.ts";
import {
  type Family,
  type Holds,
  type PublishedModel,
  positiveSchema,
  readConfig,
} from "../published/class.ts";
import { drop, type Rule, rename, renameLayer } from "../published/rules.ts";
import {
  headDrops,
  optionalPooler,
  plainText,
  pooledOutputs,
  segmentInputs,
  textClass,
  textFields,
  textSource,
  tieFields,
  type WordHeadNames,
  wordHeadOf,
} from "../published/text.ts";
import { type BertConfig, bert, type WordTower } from "./bert.ts";

const schema = z.object({
  ...textFields,
  ...tieFields,
  type_vocab_size: positiveSchema.default(2),
  position_embedding_type: z.literal("absolute").default("absolute"),
});

function read(config: unknown, where: string): { c: BertConfig; tie: boolean } {
  const p = readConfig(schema, config, where);
  const c = { ...plainText(p), positionOffset: 0, segments: p.type_vocab_size, norm: "post" } as const;
  return { c, tie: p.tie_word_embeddings };
}

/** The tables of BERT, RoBERTa, ELECTRA, ALBERT and DeBERTa. */
export const embeddingRules: readonly Rule[] = [
  rename("embeddings.word_embeddings.weight", "embedding.words"),
  rename("embeddings.position_embeddings.weight", "embedding.positions"),
  rename("embeddings.token_type_embeddings.weight", "embedding.segments"),
  ...renameLayer("embeddings.LayerNorm", "embedding.norm"),
  drop("embeddings.position_ids", "counts from 0"),
  drop("embeddings.token_type_ids", "is 0 everywhere"),
];

/** What a block of BERT and DeBERTa has beside the projections of its attention. */
export const blockRules: readonly Rule[] = [
  ...renameLayer("encoder.layer.*.attention.output.dense", "blocks.*.attention.output"),
  ...renameLayer("encoder.layer.*.attention.output.LayerNorm", "blocks.*.attentionNorm"),
  ...renameLayer("encoder.layer.*.intermediate.dense", "blocks.*.feed.up"),
  ...renameLayer("encoder.layer.*.output.dense", "blocks.*.feed.down"),
  ...renameLayer("encoder.layer.*.output.LayerNorm", "blocks.*.feedNorm"),
];

/** The tower's own tensors, which RoBERTa's and ELECTRA's files name alike. */
export const bertRules: readonly Rule[] = [
  ...embeddingRules,
  ...renameLayer("encoder.layer.*.attention.self.query", "blocks.*.attention.query"),
  ...renameLayer("encoder.layer.*.attention.self.key", "blocks.*.attention.key"),
  ...renameLayer("encoder.layer.*.attention.self.value", "blocks.*.attention.value"),
  ...blockRules,
];

/** As in BERT and DeBERTa. */
export const wordHeadNames: WordHeadNames = {
  dense: "cls.predictions.transform.dense",
  norm: "cls.predictions.transform.LayerNorm",
  decoder: "cls.predictions.decoder",
  bias: "cls.predictions.bias",
};

const clsDrops: readonly Rule[] = [...headDrops, drop("cls.**", "predicts words or sentences")];

/** BertModel. */
function model(config: unknown, where: string, holds: Holds): PublishedModel {
  const { c } = read(config, where);
  const { rules, head } = optionalPooler(holds);
  return textClass(segmentInputs, [...bertRules, ...rules, ...clsDrops], (at) => bert(at, c), head);
}

/** BertForMaskedLM. */
function forWords(config: unknown, where: string, holds: Holds): PublishedModel {
  const { c, tie } = read(config, where);
  const { rules, head } = wordHeadOf({ ...c, classes: c.vocab }, wordHeadNames, tie, holds);
  return textClass(segmentInputs, [...bertRules, ...rules, ...clsDrops], (at) => bert(at, c), head);
}

/** BertForPreTraining: words, and whether the second sentence follows the first. */
function forPretraining(config: unknown, where: string, holds: Holds): PublishedModel {
  const { c, tie } = read(config, where);
  const words = wordHeadOf({ ...c, classes: c.vocab }, wordHeadNames, tie, holds);
  const rules = [
    ...bertRules,
    ...renameLayer("pooler.dense", "pooler.dense"),
    ...words.rules,
    ...renameLayer("cls.seq_relationship", "follows"),
  ];
  const heads = (at: Scope, tower: WordTower) => {
    const pool = pooledOutputs(at, tower);
    const predict = words.head(at, tower);
    const follows = linear(at.in("follows"), { from: c.width, to: 2 });
    return (state: TextState) => ({
      prediction_logits: predict(state).logits,
      seq_relationship_logits: follows(pool(state).pooler_output),
    });
  };
  return textClass(segmentInputs, rules, (at) => bert(at, c), heads);
}

/** BERT. */
export const bertFamily: Family = {
  prefix: "bert",
  classes: { BertModel: model, BertForMaskedLM: forWords, BertForPreTraining: forPretraining },
  text: (config, where) =>
    textSource(
      { kind: "bert", ...read(config, where).c },
      { stack: "encoder.layer", rules: bertRules, drops: clsDrops },
    ),
};
