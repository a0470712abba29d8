/** CLIP's image tower as published: `model_type` clip_vision_model, and the vision half of `openai/clip-vit-*`. */
import { z } from "zod";
import { linear } from "../../nn/linear.ts";
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
import { drop, type Rule, rename, renameLayer, reshaped } from "../published/rules.ts";
import {
  fitPositions,
  imageSource,
  patchRules,
  pictureClass,
  pictureFields,
  plainVit,
} from "../published/vit.ts";
import type { ImageTowerConfig } from "./index.ts";
import type { VitConfig } from "./vit.ts";

const schema = z.object({
  ...pictureFields,
  patch_size: pictureFields.patch_size.unwrap().default(32),
  intermediate_size: positiveSchema.default(3072),
  hidden_act: activationSchema.default("quick"),
  layer_norm_eps: z.number().default(1e-5),
  attention_dropout: z.number().default(0),
  projection_dim: positiveSchema.default(512),
});

function configOf(p: z.output<typeof schema>): VitConfig {
  return { ...plainVit(p), hidden: p.intermediate_size, dropout: p.attention_dropout, normFirst: true };
}

/** A block of CLIP and SigLIP, of either tower. */
export function clipBlockRules(block: string, ours: string): Rule[] {
  return [
    ...renameLayer(`${block}.self_attn.q_proj`, `${ours}.attention.query`),
    ...renameLayer(`${block}.self_attn.k_proj`, `${ours}.attention.key`),
    ...renameLayer(`${block}.self_attn.v_proj`, `${ours}.attention.value`),
    ...renameLayer(`${block}.self_attn.out_proj`, `${ours}.attention.output`),
    ...renameLayer(`${block}.layer_norm1`, `${ours}.attentionNorm`),
    ...renameLayer(`${block}.mlp.fc1`, `${ours}.feed.up`),
    ...renameLayer(`${block}.mlp.fc2`, `${ours}.feed.down`),
    ...renameLayer(`${block}.layer_norm2`, `${ours}.feedNorm`),
  ];
}

/** The tower's own tensors. */
export function clipVisionRules(c: VitConfig): Rule[] {
  return [
    rename("embeddings.class_embedding", "class", reshaped([c.width], [1, 1, c.width])),
    rename("embeddings.position_embedding.weight", "positions"),
    drop("embeddings.position_ids", "counts from 0"),
    ...patchRules("embeddings.patch_embedding", c),
    ...renameLayer("pre_layrnorm", "firstNorm"),
    ...clipBlockRules("encoder.layers.*", "blocks.*"),
    ...renameLayer("post_layernorm", "norm"),
  ];
}

/** `vision_config` as our configuration. */
export function clipVisionConfig(config: unknown, where: string): VitConfig {
  return configOf(readConfig(schema, config, where));
}

/** The published last state is not yet normalised, unlike our tower's patches; the summary is. */
export function clipVisionOutputs({ patches, layers }: ImageState): Named {
  return { last_hidden_state: layers.at(-1)!, pooler_output: patches.at(1, 0) };
}

/** CLIPVisionModel. */
function model(config: unknown, where: string): PublishedModel {
  const c = clipVisionConfig(config, where);
  return pictureClass(c, clipVisionRules(c), () => clipVisionOutputs);
}

/** CLIPVisionModelWithProjection. */
function withProjection(config: unknown, where: string): PublishedModel {
  const p = readConfig(schema, config, where);
  const c = configOf(p);
  const rules = [...clipVisionRules(c), rename("visual_projection.weight", "projection.weight")];
  return pictureClass(c, rules, (at) => {
    const project = linear(at.in("projection"), { from: c.width, to: p.projection_dim, bias: false });
    return ({ pooled, layers }) => ({ image_embeds: project(pooled), last_hidden_state: layers.at(-1)! });
  });
}

/** The tower of a vision model's file. */
export function clipVisionSource(config: unknown, where: string): TowerSource<ImageTowerConfig> {
  const c = clipVisionConfig(config, where);
  const rules = [...clipVisionRules(c), drop("visual_projection.**", "leads to the space shared with texts")];
  return imageSource(c, colours.clip, rules, {
    stack: "encoder.layers",
    fit: (asked) => fitPositions("embeddings.position_embedding.weight", c, asked),
  });
}

/** CLIP's image tower alone. */
export const clipVisionFamily: Family = {
  prefix: "vision_model",
  classes: { CLIPVisionModel: model, CLIPVisionModelWithProjection: withProjection },
  image: clipVisionSource,
};
