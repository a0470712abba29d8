/** SigLIP's text tower as published: `model_type` siglip_text_model, and the text half of `google/siglip-*`. */
import { z } from "zod";
import { linear } from "../../nn/linear.ts";
import {
  activationSchema,
  type Family,
  type PublishedModel,
  positiveSchema,
  readConfig,
  type TowerSource,
} from "../published/class.ts";
import { drop, renameLayer } from "../published/rules.ts";
import { plainInputs, plainText, textClass, textSource } from "../published/text.ts";
import { type ClipTextConfig, clipText } from "./clip-text.ts";
import { clipTextFields, clipTextRules } from "./clip-text.weights.ts";
import type { TextTowerConfig } from "./index.ts";

const schema = z.object({
  ...clipTextFields,
  vocab_size: positiveSchema.default(32000),
  hidden_size: positiveSchema.default(768),
  num_attention_heads: positiveSchema.default(12),
  intermediate_size: positiveSchema.default(3072),
  hidden_act: activationSchema.default("tanh"),
  max_position_embeddings: positiveSchema.default(64),
  layer_norm_eps: z.number().default(1e-6),
  projection_size: positiveSchema.nullish(),
});

function configOf(p: z.output<typeof schema>): ClipTextConfig {
  return { ...plainText(p), dropout: p.attention_dropout, causal: false, endToken: "last" };
}

/** `text_config` as our configuration, and the width of the space shared with pictures. */
export function siglipTextConfig(config: unknown, where: string): { c: ClipTextConfig; projection: number } {
  const p = readConfig(schema, config, where);
  return { c: configOf(p), projection: p.projection_size ?? p.hidden_size };
}

/** SiglipTextModel, which ends with the projection. */
function model(config: unknown, where: string): PublishedModel {
  const { c, projection } = siglipTextConfig(config, where);
  const rules = [...clipTextRules, ...renameLayer("head", "projection")];
  return textClass(
    plainInputs,
    rules,
    (at) => clipText(at, c),
    (at) => {
      const project = linear(at.in("projection"), { from: c.width, to: projection });
      return ({ words, pooled }) => ({ last_hidden_state: words, pooler_output: project(pooled) });
    },
  );
}

/** The tower of a text model's file. */
export function siglipTextSource(config: unknown, where: string): TowerSource<TextTowerConfig> {
  const { c } = siglipTextConfig(config, where);
  const drops = [drop("head.**", "leads to the space shared with pictures")];
  return textSource({ kind: "clip-text", ...c }, { stack: "encoder.layers", rules: clipTextRules, drops });
}

/** SigLIP's text tower alone. */
export const siglipTextFamily: Family = {
  prefix: "text_model",
  classes: { SiglipTextModel: model },
  text: siglipTextSource,
};
