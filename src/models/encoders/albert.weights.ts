/** ALBERT as published: `albert/*`. */
import { z } from "zod";
import {
  type Family,
  type Holds,
  type PublishedModel,
  positiveSchema,
  readConfig,
} from "../published/class.ts";
import { drop, type Rule, renameLayer } from "../published/rules.ts";
import {
  headDrops,
  optionalPooler,
  plainText,
  segmentInputs,
  textClass,
  textFields,
  textSource,
  tieFields,
  wordHeadOf,
} from "../published/text.ts";
import { type AlbertConfig, albert } from "./albert.ts";
import { embeddingRules } from "./bert.weights.ts";

const schema = z.object({
  ...textFields,
  ...tieFields,
  vocab_size: positiveSchema.default(30000),
  embedding_size: positiveSchema.default(128),
  hidden_size: positiveSchema.default(4096),
  num_hidden_groups: positiveSchema.default(1),
  inner_group_num: positiveSchema.default(1),
  num_attention_heads: positiveSchema.default(64),
  intermediate_size: positiveSchema.default(16384),
  hidden_act: textFields.hidden_act.unwrap().default("tanh"),
  hidden_dropout_prob: z.number().default(0),
  type_vocab_size: positiveSchema.default(2),
  position_embedding_type: z.literal("absolute").default("absolute"),
});

function read(config: unknown, where: string): { c: AlbertConfig; tie: boolean } {
  const p = readConfig(schema, config, where);
  const c = {
    ...plainText(p),
    segments: p.type_vocab_size,
    embeddingWidth: p.embedding_size,
    groups: p.num_hidden_groups,
    blocksPerGroup: p.inner_group_num,
  };
  return { c, tie: p.tie_word_embeddings };
}

const [block, ours] = ["encoder.albert_layer_groups.*.albert_layers.*", "groups.*.*"];

const towerRules: readonly Rule[] = [
  ...embeddingRules,
  ...renameLayer("encoder.embedding_hidden_mapping_in", "project"),
  ...renameLayer(`${block}.attention.query`, `${ours}.attention.query`),
  ...renameLayer(`${block}.attention.key`, `${ours}.attention.key`),
  ...renameLayer(`${block}.attention.value`, `${ours}.attention.value`),
  ...renameLayer(`${block}.attention.dense`, `${ours}.attention.output`),
  ...renameLayer(`${block}.attention.LayerNorm`, `${ours}.attentionNorm`),
  ...renameLayer(`${block}.ffn`, `${ours}.feed.up`),
  ...renameLayer(`${block}.ffn_output`, `${ours}.feed.down`),
  ...renameLayer(`${block}.full_layer_layer_norm`, `${ours}.feedNorm`),
];

const names = {
  dense: "predictions.dense",
  norm: "predictions.LayerNorm",
  decoder: "predictions.decoder",
  bias: "predictions.bias",
};

const drops: readonly Rule[] = [
  ...headDrops,
  drop("predictions.**", "predicts words"),
  drop("sop_classifier.**", "predicts the order of sentences"),
];

/** AlbertModel. */
function model(config: unknown, where: string, holds: Holds): PublishedModel {
  const { c } = read(config, where);
  const { rules, head } = optionalPooler(holds, "pooler");
  return textClass(segmentInputs, [...towerRules, ...rules, ...drops], (at) => albert(at, c), head);
}

/** AlbertForMaskedLM. */
function forWords(config: unknown, where: string, holds: Holds): PublishedModel {
  const { c, tie } = read(config, where);
  const { rules, head } = wordHeadOf({ ...c, classes: c.vocab }, names, tie, holds);
  return textClass(segmentInputs, [...towerRules, ...rules, ...drops], (at) => albert(at, c), head);
}

/** ALBERT. */
export const albertFamily: Family = {
  prefix: "albert",
  classes: { AlbertModel: model, AlbertForMaskedLM: forWords },
  text: (config, where) =>
    textSource({ kind: "albert", ...read(config, where).c }, { rules: towerRules, drops }),
};
