/** CLIP's text tower as published: `model_type` clip_text_model, and the text half of `openai/clip-vit-*`. */
import { z } from "zod";
import { linear } from "../../nn/linear.ts";
import type { TextState } from "../contracts.ts";
import {
  activationSchema,
  type Family,
  type PublishedModel,
  positiveSchema,
  readConfig,
  type TowerSource,
} from "../published/class.ts";
import { drop, type Rule, rename, renameLayer } from "../published/rules.ts";
import { plainInputs, plainText, textClass, textFields, textSource } from "../published/text.ts";
import { type ClipTextConfig, clipText } from "./clip-text.ts";
import { clipBlockRules } from "./clip-vision.weights.ts";
import type { TextTowerConfig } from "./index.ts";

/** Sizes of CLIP's and SigLIP's text towers, with CLIP's defaults. */
export const clipTextFields = {
  ...textFields,
  vocab_size: positiveSchema.default(49408),
  hidden_size: positiveSchema.default(512),
  num_attention_heads: positiveSchema.default(8),
  intermediate_size: positiveSchema.default(2048),
  hidden_act: activationSchema.default("quick"),
  max_position_embeddings: positiveSchema.default(77),
  layer_norm_eps: z.number().default(1e-5),
  /** Of the attention weights; there is no other. */
  attention_dropout: z.number().default(0),
};

const schema = z.object({
  ...clipTextFields,
  eos_token_id: z.int().default(49407),
  projection_dim: positiveSchema.default(512),
});

/** Before a correction, 2 was written where the id of the end token belongs: it is the highest in a text. */
function configOf(p: z.output<typeof schema>): ClipTextConfig {
  const endToken = p.eos_token_id === 2 ? "highest" : p.eos_token_id;
  return { ...plainText(p), dropout: p.attention_dropout, causal: true, endToken };
}

/** `text_config` as our configuration. */
export function clipTextConfig(config: unknown, where: string): ClipTextConfig {
  return configOf(readConfig(schema, config, where));
}

/** The tower's own tensors, in CLIP and SigLIP. */
export const clipTextRules: readonly Rule[] = [
  rename("embeddings.token_embedding.weight", "embedding.words"),
  rename("embeddings.position_embedding.weight", "embedding.positions"),
  drop("embeddings.position_ids", "counts from 0"),
  ...clipBlockRules("encoder.layers.*", "blocks.*"),
  ...renameLayer("final_layer_norm", "norm"),
];

/** Unlike other towers' hidden states, the last published one is not yet normalised. */
export function clipTextOutputs({ words, pooled }: TextState) {
  return { last_hidden_state: words, pooler_output: pooled };
}

/** CLIPTextModel. */
function model(config: unknown, where: string): PublishedModel {
  const c = clipTextConfig(config, where);
  return textClass(
    plainInputs,
    clipTextRules,
    (at) => clipText(at, c),
    () => clipTextOutputs,
  );
}

/** CLIPTextModelWithProjection. */
function withProjection(config: unknown, where: string): PublishedModel {
  const p = readConfig(schema, config, where);
  const c = configOf(p);
  const rules = [...clipTextRules, rename("text_projection.weight", "projection.weight")];
  return textClass(
    plainInputs,
    rules,
    (at) => clipText(at, c),
    (at) => {
      const project = linear(at.in("projection"), { from: c.width, to: p.projection_dim, bias: false });
      return ({ words, pooled }) => ({ text_embeds: project(pooled), last_hidden_state: words });
    },
  );
}

/** The tower of a text model's file. */
export function clipTextSource(config: unknown, where: string): TowerSource<TextTowerConfig> {
  const c = clipTextConfig(config, where);
  const drops = [drop("text_projection.**", "leads to the space shared with pictures")];
  return textSource({ kind: "clip-text", ...c }, { stack: "encoder.layers", rules: clipTextRules, drops });
}

/** CLIP's text tower alone. */
export const clipTextFamily: Family = {
  prefix: "text_model",
  classes: { CLIPTextModel: model, CLIPTextModelWithProjection: withProjection },
  text: clipTextSource,
};
