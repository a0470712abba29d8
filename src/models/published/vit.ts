/** What the published classes of ViT and its descendants share: config.json, the names in their files, inputs and outputs. */
import { z } from "zod";
import { sameShape } from "../../core/shape.ts";
import type { Scope } from "../../nn/scope.ts";
import type { Colours, ImageState } from "../contracts.ts";
import type { ImageTowerConfig } from "../encoders/index.ts";
import { gridOf, type VitConfig, vit } from "../encoders/vit.ts";
import {
  activationSchema,
  depthSchema,
  type Named,
  type PublishedModel,
  positiveSchema,
  sidesSchema,
  type TowerSource,
  traces,
} from "./class.ts";
import { partRules } from "./part-rules.ts";
import { resizedPositions } from "./resize-tables.ts";
import { chained, drop, dropBlocks, type Rule, rename, renameLayer, reshaped } from "./rules.ts";

/** `patch_size`: one side, or twice the same. */
const patchSchema = z
  .union([
    positiveSchema,
    z
      .tuple([positiveSchema, positiveSchema])
      .refine(([height, width]) => height === width, "patches are square"),
  ])
  .transform((side) => (typeof side === "number" ? side : side[0]));

/** What config.json says of pictures and heads in every family. */
export const pictureFields = {
  image_size: sidesSchema.default([224, 224]),
  patch_size: patchSchema.default(16),
  num_channels: z.literal(3).default(3),
  hidden_size: positiveSchema.default(768),
  num_hidden_layers: depthSchema.default(12),
  num_attention_heads: positiveSchema.default(12),
  hidden_act: activationSchema.default("exact"),
  layer_norm_eps: z.number().default(1e-12),
};

/** ViT's own and its close relatives'. */
export const vitFields = {
  ...pictureFields,
  intermediate_size: positiveSchema.default(3072),
  hidden_dropout_prob: z.number().default(0),
  qkv_bias: z.boolean().default(true),
};

/** How many classes a classifier has. */
export const labelFields = {
  num_labels: positiveSchema.optional(),
  id2label: z.record(z.string(), z.string()).optional(),
};

/** The library leaves both keys out where there are its default two. */
export function labelsOf({ num_labels, id2label }: z.output<z.ZodObject<typeof labelFields>>): number {
  return id2label === undefined ? (num_labels ?? 2) : Object.keys(id2label).length;
}

/** The configuration that all families fill in their own way. */
export function plainVit(p: z.output<z.ZodObject<typeof pictureFields>>) {
  const [height, width] = p.image_size;
  return {
    imageSize: height === width ? height : p.image_size,
    patch: p.patch_size,
    width: p.hidden_size,
    depth: p.num_hidden_layers,
    heads: p.num_attention_heads,
    activation: p.hidden_act,
    normFirst: false,
    epsilon: p.layer_norm_eps,
  } as const;
}

/** That of `vitFields`. */
export function configOf(p: z.output<z.ZodObject<typeof vitFields>>): VitConfig {
  return {
    ...plainVit(p),
    hidden: p.intermediate_size,
    dropout: p.hidden_dropout_prob,
    projectionBias: p.qkv_bias ? "all" : "none",
  };
}

/** Class token, positions and patches under their name in a file of ViT and its close relatives. */
export function embeddingRules(c: VitConfig): Rule[] {
  return [
    rename("embeddings.cls_token", "class"),
    rename("embeddings.distillation_token", "distillation"),
    rename("embeddings.position_embeddings", "positions", positionsStep(c)),
    ...patchRules("embeddings.patch_embeddings.projection", c),
    drop("embeddings.mask_token", "stands for hidden patches in pretraining"),
  ];
}

/** A convolution is one matrix here. */
export function patchRules(from: string, { width, patch }: VitConfig): Rule[] {
  const convolution = reshaped([width, 3, patch, patch], [width, 3 * patch * patch]);
  return [rename(`${from}.weight`, "patches.weight", convolution), rename(`${from}.bias`, "patches.bias")];
}

function positionsStep(c: VitConfig) {
  const rows = positionsOf(c);
  return reshaped([1, rows, c.width], [rows, c.width]);
}

function positionsOf(c: VitConfig): number {
  const [rows, columns] = gridOf(c);
  return (c.specials ?? ["class"]).length + rows * columns;
}

/** The attention of ViT, DeiT, BEiT, MAE and DINOv2. */
export function attentionRules(block: string, ours: string): Rule[] {
  return [
    ...renameLayer(`${block}.attention.attention.query`, `${ours}.attention.query`),
    ...renameLayer(`${block}.attention.attention.key`, `${ours}.attention.key`),
    ...renameLayer(`${block}.attention.attention.value`, `${ours}.attention.value`),
    ...renameLayer(`${block}.attention.output.dense`, `${ours}.attention.output`),
  ];
}

/** A whole block of ViT, DeiT, BEiT and MAE. */
export function blockRules(block: string, ours: string): Rule[] {
  return [
    ...attentionRules(block, ours),
    ...renameLayer(`${block}.layernorm_before`, `${ours}.attentionNorm`),
    ...renameLayer(`${block}.intermediate.dense`, `${ours}.feed.up`),
    ...renameLayer(`${block}.output.dense`, `${ours}.feed.down`),
    ...renameLayer(`${block}.layernorm_after`, `${ours}.feedNorm`),
  ];
}

/** The tower's own tensors in ViT, DeiT and MAE. */
export function towerRules(c: VitConfig): Rule[] {
  return [
    ...embeddingRules(c),
    ...blockRules("encoder.layer.*", "blocks.*"),
    ...renameLayer("layernorm", "norm"),
  ];
}

/** What the files of whole classes hold beside the tower. */
export const headDrops: readonly Rule[] = [
  drop("pooler.**", "is the published pooler, a fusion has its own"),
  drop("classifier.**", "is the classifier"),
];

/** The tower of a file for our models; `fit` gives the tables that change with the picture size. */
export function imageSource(
  file: VitConfig,
  colours: Colours,
  rules: readonly Rule[],
  { stack, fit }: { readonly stack: string; readonly fit: (asked: VitConfig) => readonly Rule[] },
): TowerSource<ImageTowerConfig> {
  return {
    config: { kind: "vit", ...file, colours },
    rules: (asked) => {
      if (asked.kind === "vit")
        return [...dropBlocks(stack, asked.depth, file.depth), ...fit(asked), ...rules];
      const fitted = asked.kind === "patches" ? fit({ ...file, imageSize: asked.imageSize }) : [];
      return partRules([...fitted, ...rules], ["patches", "class", "distillation", "positions"]);
    },
  };
}

/** The published position table under `name` for the picture size asked for; none where it is the file's. */
export function fitPositions(name: string, file: VitConfig, asked: VitConfig): Rule[] {
  const [from, to] = [gridOf(file), gridOf(asked)];
  if (sameShape(from, to)) return [];
  const specials = (file.specials ?? ["class"]).length;
  const resized = resizedPositions(specials, from, to, file.interpolation ?? "bicubic");
  return [rename(name, "positions", chained(positionsStep(file), resized))];
}

/** A class that encodes pictures and makes its outputs of the tower's state. */
export function pictureClass(
  c: VitConfig,
  rules: readonly Rule[],
  head: (at: Scope) => (state: ImageState) => Named,
): PublishedModel {
  return {
    inputs: { pixel_values: { dtype: "f32", axes: "B 3 Y X" } },
    rules,
    build: (at) => {
      const tower = vit(at, c);
      const finish = head(at);
      return ({ pixel_values }) => {
        const state = tower.encode({ pixels: pixel_values! });
        return { ...finish(state), ...traces(state.layers, state.attention) };
      };
    },
  };
}
