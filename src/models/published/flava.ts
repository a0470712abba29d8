/** FLAVA's three encoders as published: config.json, the names in their files, inputs and outputs. */
import { z } from "zod";
import { full, type Tensor } from "../../graph/tensor.ts";
import { pooler } from "../../nn/heads.ts";
import { normal } from "../../nn/init.ts";
import type { Scope } from "../../nn/scope.ts";
import type { ImageState, TextState } from "../contracts.ts";
import { type BertConfig, bert } from "../encoders/bert.ts";
import { embeddingRules as wordRules } from "../encoders/bert.weights.ts";
import { type VitConfig, vit } from "../encoders/vit.ts";
import type { JointEncoderConfig } from "../flava.ts";
import {
  activationSchema,
  depthSchema,
  type Named,
  type PublishedModel,
  positiveSchema,
  readConfig,
} from "./class.ts";
import { type Rule, rename, renameLayer, within } from "./rules.ts";
import { plainText, textFields } from "./text.ts";
import { blockRules, configOf, towerRules, vitFields } from "./vit.ts";

const imageSchema = z.object({
  ...vitFields,
  mask_token: z.boolean().default(true),
  vocab_size: positiveSchema.default(8192),
});

const textSchema = z.object({
  ...textFields,
  hidden_dropout_prob: z.number().default(0),
  type_vocab_size: positiveSchema.default(2),
  qkv_bias: z.boolean().default(true),
});

const jointSchema = z.object({
  hidden_size: positiveSchema.default(768),
  num_hidden_layers: depthSchema.default(6),
  num_attention_heads: positiveSchema.default(12),
  intermediate_size: positiveSchema.default(3072),
  hidden_act: activationSchema.default("exact"),
  hidden_dropout_prob: z.number().default(0),
  layer_norm_eps: z.number().default(1e-12),
  qkv_bias: z.boolean().default(true),
  use_cls_token: z.boolean().default(true),
});

/** The picture tower and what only its class has. */
export interface FlavaImage {
  readonly c: VitConfig;
  /** Hidden patches have a vector. */
  readonly masks: boolean;
  /** How many codes there are to guess. */
  readonly codes: number;
}

/** `image_config`. */
export function readImage(config: unknown, where: string): FlavaImage {
  const p = readConfig(imageSchema, config, where);
  return { c: configOf(p), masks: p.mask_token, codes: p.vocab_size };
}

/** `text_config`. */
export function readText(config: unknown, where: string): BertConfig {
  const p = readConfig(textSchema, config, where);
  const projectionBias = p.qkv_bias ? "all" : "none";
  return { ...plainText(p), positionOffset: 0, segments: p.type_vocab_size, norm: "pre", projectionBias };
}

/** `multimodal_config`. */
export function readJoint(config: unknown, where: string): JointEncoderConfig {
  const p = readConfig(jointSchema, config, where);
  return {
    width: p.hidden_size,
    depth: p.num_hidden_layers,
    heads: p.num_attention_heads,
    hidden: p.intermediate_size,
    activation: p.hidden_act,
    dropout: p.hidden_dropout_prob,
    epsilon: p.layer_norm_eps,
    projectionBias: p.qkv_bias ? "all" : "none",
    classToken: p.use_cls_token,
  };
}

const poolerRules = renameLayer("pooler.dense", "pool.dense");
const encoderRules = [...blockRules("encoder.layer.*", "blocks.*"), ...renameLayer("layernorm", "norm")];

/** The tower, its vector for hidden patches and its pooler. */
export function imageRules({ c }: FlavaImage): Rule[] {
  return [rename("embeddings.mask_token", "masked"), ...towerRules(c), ...poolerRules];
}

/** The tower alone. */
export const textTowerRules: readonly Rule[] = [...wordRules, ...encoderRules];

/** The tower and its pooler. */
export const textRules: readonly Rule[] = [...textTowerRules, ...poolerRules];

/** The encoder, at `encoder` in our model, and its pooler, which lies beside it. */
export function jointRules(encoder: string): Rule[] {
  return [...within("", encoder, [rename("cls_token", "class"), ...encoderRules]), ...poolerRules];
}

/** Which patches of `pixel_values` are hidden. */
export function maskInput({ masks }: FlavaImage): PublishedModel["inputs"] {
  return masks ? { bool_masked_pos: { dtype: "i32", axes: "B P", optional: true } } : {};
}

/** An encoder's pooler, where a file has one. */
export function poolOf(at: Scope, width: number, has = true) {
  return has ? pooler(at.in("pool"), width) : undefined;
}

/** Last state and, where there is a pooler, pooled. */
export function lastOutputs(tokens: Tensor, pool: ReturnType<typeof poolOf>): Record<string, Tensor> {
  return { last_hidden_state: tokens, ...(pool && { pooler_output: pool(tokens.at(1, 0)) }) };
}

/** Pictures to their state, patches hidden where i32[B,P] is not 0. */
export function imageEncoder(at: Scope, { c, masks }: FlavaImage) {
  const tower = vit(at, c);
  const vector = masks ? at.param("masked", [1, 1, c.width], normal(at.std)) : undefined;
  return (pixels: Tensor, hidden?: Tensor): ImageState => {
    if (vector === undefined || hidden === undefined) return tower.encode({ pixels });
    const share = hidden.equal(0).not().cast("f32").unsqueeze(2); // [B, P, 1]
    const change = (patches: Tensor) => patches.mul(full(1).sub(share)).add(vector.mul(share));
    return tower.run(tower.embed({ pixels }, change));
  };
}

/** Texts to their state; a missing mask keeps all. */
export function textEncoder(at: Scope, c: BertConfig) {
  const tower = bert(at, c);
  return ({ input_ids, attention_mask, token_type_ids }: Named): TextState => {
    const keep = attention_mask?.equal(0).not() ?? full(1, "bool", input_ids!.shape);
    return tower.encode({ ids: input_ids!, keep, segments: token_type_ids });
  };
}
