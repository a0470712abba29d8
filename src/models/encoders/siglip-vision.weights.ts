/**
 * SigLIP's image tower as published: `model_type` siglip_vision_model, and the vision half of `google/siglip-*`. Zhai et
 * al. 2023, arXiv:2303.15343. SigLIP 2 with a fixed resolution (Tschannen et al. 2025, arXiv:2502.14786) is the same.
 */
import { z } from "zod";
import { colours } from "../colours.ts";
import type { ImageState } from "../contracts.ts";
import {
  activationSchema,
  type Family,
  type Named,
  type PublishedModel,
  positiveSchema,
  readConfig,
  type TowerSource,
} from "../published/class.ts";
import { drop, type Rule, rename, renameLayer, split } from "../published/rules.ts";
import {
  fitPositions,
  imageSource,
  patchRules,
  pictureClass,
  pictureFields,
  plainVit,
} from "../published/vit.ts";
import { clipBlockRules } from "./clip-vision.weights.ts";
import type { ImageTowerConfig } from "./index.ts";
import type { VitConfig } from "./vit.ts";

const schema = z.object({
  ...pictureFields,
  intermediate_size: positiveSchema.default(3072),
  hidden_act: activationSchema.default("tanh"),
  layer_norm_eps: z.number().default(1e-6),
  attention_dropout: z.number().default(0),
  vision_use_head: z.boolean().default(true),
});

/** `vision_config` as our configuration: no class token. */
export function siglipVisionConfig(config: unknown, where: string): VitConfig {
  const p = readConfig(schema, config, where);
  return {
    ...plainVit(p),
    hidden: p.intermediate_size,
    dropout: p.attention_dropout,
    specials: [],
    pooling: p.vision_use_head ? "attention" : "mean",
  };
}

/** The tower's own tensors. */
export function siglipVisionRules(c: VitConfig): Rule[] {
  const parts = ["query", "key", "value"].map((part) => `pool.attention.${part}`);
  return [
    rename("embeddings.position_embedding.weight", "positions"),
    drop("embeddings.position_ids", "counts from 0"),
    ...patchRules("embeddings.patch_embedding", c),
    ...clipBlockRules("encoder.layers.*", "blocks.*"),
    ...renameLayer("post_layernorm", "norm"),
    rename("head.probe", "pool.query"),
    split(
      "head.attention.in_proj_weight",
      parts.map((part) => `${part}.weight`),
    ),
    split(
      "head.attention.in_proj_bias",
      parts.map((part) => `${part}.bias`),
    ),
    ...renameLayer("head.attention.out_proj", "pool.attention.output"),
    ...renameLayer("head.layernorm", "pool.norm"),
    ...renameLayer("head.mlp.fc1", "pool.feed.up"),
    ...renameLayer("head.mlp.fc2", "pool.feed.down"),
  ];
}

/** Without the attention pooling head there is no published summary. */
export function siglipVisionOutputs(c: VitConfig) {
  return ({ patches, pooled }: ImageState): Named => ({
    last_hidden_state: patches,
    ...(c.pooling === "attention" && { pooler_output: pooled }),
  });
}

/** SiglipVisionModel. */
function model(config: unknown, where: string): PublishedModel {
  const c = siglipVisionConfig(config, where);
  return pictureClass(c, siglipVisionRules(c), () => siglipVisionOutputs(c));
}

/** The tower of a vision model's file. */
export function siglipVisionSource(config: unknown, where: string): TowerSource<ImageTowerConfig> {
  const c = siglipVisionConfig(config, where);
  return imageSource(c, colours.halves, siglipVisionRules(c), {
    stack: "encoder.layers",
    fit: (asked) => fitPositions("embeddings.position_embedding.weight", c, asked),
  });
}

/** SigLIP's image tower alone. */
export const siglipVisionFamily: Family = {
  prefix: "vision_model",
  classes: { SiglipVisionModel: model },
  image: siglipVisionSource,
};
