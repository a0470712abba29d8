/** ELECTRA as published, generator and discriminator: `google/electra-*`. */
import { z } from "zod";
import { activate } from "../../nn/activation.ts";
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
import { drop, type Rule, renameLayer } from "../published/rules.ts";
import {
  headDrops,
  plainOutputs,
  plainText,
  segmentInputs,
  textClass,
  textFields,
  textSource,
  tieFields,
  wordHeadOf,
} from "../published/text.ts";
import { type BertConfig, bert } from "./bert.ts";
import { bertRules } from "./bert.weights.ts";

const schema = z.object({
  ...textFields,
  ...tieFields,
  embedding_size: positiveSchema.default(128),
  hidden_size: positiveSchema.default(256),
  num_attention_heads: positiveSchema.default(4),
  intermediate_size: positiveSchema.default(1024),
  type_vocab_size: positiveSchema.default(2),
  position_embedding_type: z.literal("absolute").default("absolute"),
});

function read(config: unknown, where: string): { c: BertConfig; tie: boolean } {
  const p = readConfig(schema, config, where);
  const c = {
    ...plainText(p),
    embeddingWidth: p.embedding_size === p.hidden_size ? undefined : p.embedding_size,
    positionOffset: 0,
    segments: p.type_vocab_size,
    norm: "post",
  } as const;
  return { c, tie: p.tie_word_embeddings };
}

const towerRules: readonly Rule[] = [...bertRules, ...renameLayer("embeddings_project", "project")];

const drops: readonly Rule[] = [
  ...headDrops,
  drop("generator_predictions.**", "predicts words"),
  drop("generator_lm_head.**", "predicts words"),
  drop("discriminator_predictions.**", "tells words that were replaced"),
];

const names = {
  dense: "generator_predictions.dense",
  norm: "generator_predictions.LayerNorm",
  decoder: "generator_lm_head",
};

/** ElectraModel. */
function model(config: unknown, where: string): PublishedModel {
  const { c } = read(config, where);
  return textClass(segmentInputs, [...towerRules, ...drops], (at) => bert(at, c), plainOutputs);
}

/** ElectraForMaskedLM, the generator; its head has GELU whatever the blocks have. */
function forWords(config: unknown, where: string, holds: Holds): PublishedModel {
  const { c, tie } = read(config, where);
  const { rules, head } = wordHeadOf({ ...c, classes: c.vocab, activation: "exact" }, names, tie, holds);
  return textClass(segmentInputs, [...towerRules, ...rules, ...drops], (at) => bert(at, c), head);
}

/** ElectraForPreTraining, the discriminator: one logit a word, high where it was replaced. */
function forPretraining(config: unknown, where: string): PublishedModel {
  const { c } = read(config, where);
  const rules = [
    ...towerRules,
    ...renameLayer("discriminator_predictions.dense", "head.hidden"),
    ...renameLayer("discriminator_predictions.dense_prediction", "head.replaced"),
    ...drops,
  ];
  const head = (at: Scope) => {
    const hidden = linear(at.in("head.hidden"), { from: c.width, to: c.width });
    const replaced = linear(at.in("head.replaced"), { from: c.width, to: 1 });
    return ({ words }: TextState) => ({ logits: replaced(activate(hidden(words), c.activation)).at(2, 0) });
  };
  return textClass(segmentInputs, rules, (at) => bert(at, c), head);
}

/** ELECTRA. */
export const electraFamily: Family = {
  prefix: "electra",
  classes: { ElectraModel: model, ElectraForMaskedLM: forWords, ElectraForPreTraining: forPretraining },
  text: (config, where) =>
    textSource(
      { kind: "bert", ...read(config, where).c },
      { stack: "encoder.layer", rules: towerRules, drops },
    ),
};
