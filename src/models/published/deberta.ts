/** What the published classes of DeBERTa v1 and v2 share. */
import { z } from "zod";
import { blockRules, embeddingRules, wordHeadNames } from "../encoders/bert.weights.ts";
import { type DebertaConfig, deberta } from "../encoders/deberta.ts";
import type { TextTowerConfig } from "../encoders/index.ts";
import { type Family, type PublishedClass, positiveSchema, type TowerSource } from "./class.ts";
import { drop, type Rule, rename, renameLayer } from "./rules.ts";
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
  wordOutputs,
} from "./text.ts";

const termSchema = z.enum(["c2p", "p2c"]);

/** A list, or names joined by "|". */
const termsSchema = z
  .union([
    z.array(termSchema),
    z.string().transform((text) =>
      text
        .toLowerCase()
        .split("|")
        .map((term) => term.trim()),
    ),
  ])
  .nullish()
  .transform((terms) => terms ?? [])
  .pipe(z.array(termSchema));

/** What config.json says in both versions. */
export const debertaFields = {
  ...textFields,
  ...tieFields,
  layer_norm_eps: z.number().default(1e-7),
  type_vocab_size: z.int().nonnegative().default(0),
  relative_attention: z.boolean().default(false),
  max_relative_positions: z.int().default(-1),
  position_biased_input: z.boolean().default(true),
  pos_att_type: termsSchema,
  embedding_size: positiveSchema.optional(),
  legacy: z.boolean().default(true),
};

type Published = z.output<z.ZodObject<typeof debertaFields>>;

/** As our towers call it, without what differs between versions. */
export function commonConfig(p: Published) {
  return {
    ...plainText(p),
    absolutePositions: p.position_biased_input,
    segments: p.type_vocab_size,
    embeddingWidth: p.embedding_size === p.hidden_size ? undefined : p.embedding_size,
    positionTerms: p.pos_att_type,
  };
}

/** The farthest distance that is told from others. */
export function reachOf(p: Published): number {
  return p.max_relative_positions < 1 ? p.max_position_embeddings : p.max_relative_positions;
}

/** What both versions name alike; `attention` are the rules of the attention's projections. */
export function debertaRules(attention: readonly Rule[]): Rule[] {
  return [
    ...embeddingRules,
    rename("embeddings.embed_proj.weight", "embedding.project.weight"),
    rename("encoder.rel_embeddings.weight", "distances"),
    ...attention,
    ...blockRules,
  ];
}

const newHeadRules: readonly Rule[] = [
  ...renameLayer("lm_predictions.lm_head.dense", "head.transform"),
  ...renameLayer("lm_predictions.lm_head.LayerNorm", "head.norm"),
  rename("lm_predictions.lm_head.bias", "head.bias"),
];

const drops: readonly Rule[] = [
  ...headDrops,
  drop("cls.**", "predicts words"),
  drop("lm_predictions.**", "predicts words"),
  drop("mask_predictions.**", "predicts masks"),
];

/** Files may hold a table of positions that no word carries. */
const positionDrop = drop("embeddings.position_embeddings.weight", "is not used: distances alone count");

/** The classes of one version, told how to read its config.json. */
export function debertaFamily(
  name: string,
  read: (
    config: unknown,
    where: string,
  ) => { readonly c: DebertaConfig; readonly p: Published; readonly rules: readonly Rule[] },
): Family {
  const open = (config: unknown, where: string) => {
    const { c, p, rules } = read(config, where);
    return { c, p, rules: c.absolutePositions ? rules : [positionDrop, ...rules] };
  };
  const model: PublishedClass = (config, where) => {
    const { c, rules } = open(config, where);
    return textClass(segmentInputs, [...rules, ...drops], (at) => deberta(at, c), plainOutputs);
  };
  const forWords: PublishedClass = (config, where, holds) => {
    const { c, p, rules } = open(config, where);
    const sizes = { ...c, classes: c.vocab };
    // The newer head is tied whatever config.json says.
    const words = p.legacy
      ? wordHeadOf(sizes, wordHeadNames, p.tie_word_embeddings, holds)
      : { rules: newHeadRules, head: wordOutputs(sizes, true) };
    return textClass(segmentInputs, [...rules, ...words.rules, ...drops], (at) => deberta(at, c), words.head);
  };
  const text = (config: unknown, where: string): TowerSource<TextTowerConfig> => {
    const { c, rules } = open(config, where);
    return textSource({ kind: "deberta", ...c }, { stack: "encoder.layer", rules, drops });
  };
  return { prefix: "deberta", classes: { [`${name}Model`]: model, [`${name}ForMaskedLM`]: forWords }, text };
}
