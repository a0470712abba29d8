/** DistilBERT as published: `distilbert/*`. */
import { z } from "zod";
import {
  activationSchema,
  depthSchema,
  type Family,
  type Holds,
  type PublishedModel,
  positiveSchema,
  readConfig,
} from "../published/class.ts";
import { drop, type Rule, rename, renameLayer } from "../published/rules.ts";
import {
  headDrops,
  plainInputs,
  plainOutputs,
  textClass,
  textSource,
  tieFields,
  wordHeadOf,
} from "../published/text.ts";
import { type BertConfig, bert } from "./bert.ts";

const schema = z.object({
  ...tieFields,
  vocab_size: positiveSchema.default(30522),
  max_position_embeddings: positiveSchema.default(512),
  n_layers: depthSchema.default(6),
  n_heads: positiveSchema.default(12),
  dim: positiveSchema.default(768),
  hidden_dim: positiveSchema.default(3072),
  dropout: z.number().default(0.1),
  activation: activationSchema.default("exact"),
});

function read(config: unknown, where: string): { c: BertConfig; tie: boolean } {
  const p = readConfig(schema, config, where);
  const c = {
    vocab: p.vocab_size,
    textLength: p.max_position_embeddings,
    positionOffset: 0,
    segments: 0,
    width: p.dim,
    depth: p.n_layers,
    heads: p.n_heads,
    hidden: p.hidden_dim,
    activation: p.activation,
    norm: "post",
    dropout: p.dropout,
    epsilon: 1e-12,
  } as const;
  return { c, tie: p.tie_word_embeddings };
}

const block = "transformer.layer.*";

const towerRules: readonly Rule[] = [
  rename("embeddings.word_embeddings.weight", "embedding.words"),
  rename("embeddings.position_embeddings.weight", "embedding.positions"),
  ...renameLayer("embeddings.LayerNorm", "embedding.norm"),
  drop("embeddings.position_ids", "counts from 0"),
  ...renameLayer(`${block}.attention.q_lin`, "blocks.*.attention.query"),
  ...renameLayer(`${block}.attention.k_lin`, "blocks.*.attention.key"),
  ...renameLayer(`${block}.attention.v_lin`, "blocks.*.attention.value"),
  ...renameLayer(`${block}.attention.out_lin`, "blocks.*.attention.output"),
  ...renameLayer(`${block}.sa_layer_norm`, "blocks.*.attentionNorm"),
  ...renameLayer(`${block}.ffn.lin1`, "blocks.*.feed.up"),
  ...renameLayer(`${block}.ffn.lin2`, "blocks.*.feed.down"),
  ...renameLayer(`${block}.output_layer_norm`, "blocks.*.feedNorm"),
];

const names = { dense: "vocab_transform", norm: "vocab_layer_norm", decoder: "vocab_projector" };

const drops: readonly Rule[] = [
  ...headDrops,
  drop("pre_classifier.**", "is the classifier"),
  ...Object.values(names).map((name) => drop(`${name}.**`, "predicts words")),
];

/** DistilBertModel. */
function model(config: unknown, where: string): PublishedModel {
  const { c } = read(config, where);
  return textClass(plainInputs, [...towerRules, ...drops], (at) => bert(at, c), plainOutputs);
}

/** DistilBertForMaskedLM. */
function forWords(config: unknown, where: string, holds: Holds): PublishedModel {
  const { c, tie } = read(config, where);
  const { rules, head } = wordHeadOf({ ...c, classes: c.vocab }, names, tie, holds);
  return textClass(plainInputs, [...towerRules, ...rules, ...drops], (at) => bert(at, c), head);
}

/** DistilBERT. */
export const distilbertFamily: Family = {
  prefix: "distilbert",
  classes: { DistilBertModel: model, DistilBertForMaskedLM: forWords },
  text: (config, where) =>
    textSource(
      { kind: "bert", ...read(config, where).c },
      { stack: "transformer.layer", rules: towerRules, drops },
    ),
};
