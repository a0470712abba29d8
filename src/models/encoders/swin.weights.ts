/** Swin as published: `microsoft/swin-*`. */
import { z } from "zod";
import { rearrange } from "../../graph/rearrange.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { colours } from "../colours.ts";
import type { ImageState } from "../contracts.ts";
import {
  activationSchema,
  depthSchema,
  type Family,
  type Named,
  type PublishedModel,
  positiveSchema,
  readConfig,
  type TowerSource,
  traces,
} from "../published/class.ts";
import { drop, type Rule, renameLayer } from "../published/rules.ts";
import { swinFits, swinRules } from "../published/swin.ts";
import { labelFields, labelsOf, pictureFields } from "../published/vit.ts";
import type { ImageTowerConfig } from "./index.ts";
import { type SwinConfig, swin } from "./swin.ts";

const schema = z
  .object({
    ...labelFields,
    image_size: pictureFields.image_size,
    patch_size: pictureFields.patch_size.unwrap().default(4),
    num_channels: pictureFields.num_channels,
    embed_dim: positiveSchema.default(96),
    depths: z.array(depthSchema).default([2, 2, 6, 2]),
    num_heads: z.array(positiveSchema).default([3, 6, 12, 24]),
    window_size: positiveSchema.default(7),
    mlp_ratio: z.number().positive().default(4),
    qkv_bias: z.boolean().default(true),
    hidden_dropout_prob: z.number().default(0),
    drop_path_rate: z.number().default(0.1),
    hidden_act: activationSchema.default("exact"),
    use_absolute_embeddings: z.boolean().default(false),
    layer_norm_eps: z.number().default(1e-5),
  })
  .refine(
    ({ depths, num_heads }) => depths.length === num_heads.length,
    "depths and num_heads for the same stages",
  );

function configOf(p: z.output<typeof schema>): SwinConfig {
  // Absolute positions are made for whole patches.
  const whole = (side: number) => (p.use_absolute_embeddings ? side - (side % p.patch_size) : side);
  const [height, width] = p.image_size.map(whole) as [number, number];
  return {
    imageSize: height === width ? height : [height, width],
    patch: p.patch_size,
    window: p.window_size,
    widths: p.depths.map((_, stage) => p.embed_dim * 2 ** stage),
    depths: p.depths,
    heads: p.num_heads,
    expansion: p.mlp_ratio,
    activation: p.hidden_act,
    dropout: p.hidden_dropout_prob,
    epsilon: p.layer_norm_eps,
    absolutePositions: p.use_absolute_embeddings,
    projectionBias: p.qkv_bias ? "all" : "none",
    dropPath: p.drop_path_rate,
  };
}

/** A class that makes its outputs of the tower's state. Its attentions are those of every stage's last block. */
function swinClass(
  c: SwinConfig,
  rules: readonly Rule[],
  head: (at: Scope) => (state: ImageState) => Named,
): PublishedModel {
  const ends = c.depths.map(
    (_, stage) => c.depths.slice(0, stage + 1).reduce((sum, depth) => sum + depth) - 1,
  );
  return {
    inputs: { pixel_values: { dtype: "f32", axes: "B 3 Y X" } },
    rules,
    build: (at) => {
      const tower = swin(at, c);
      const finish = head(at);
      return ({ pixel_values }) => {
        const state = tower.encode({ pixels: pixel_values! });
        const [height, width] = pixel_values!.shape.slice(2) as [number, number];
        const grids = tower.grids(height, width);
        const reshapedStates = state.layers.map((layer, i) => {
          const [h] = grids[i]!;
          return [`reshaped_hidden_states.${i}`, rearrange(layer, "B (h w) D -> B D h w", { h })] as const;
        });
        return {
          ...finish(state),
          ...traces(
            state.layers,
            ends.map((block) => state.attention[block]!),
          ),
          ...Object.fromEntries(reshapedStates),
        };
      };
    },
  };
}

/** SwinModel. Its pooler holds no tensors: whether the class was built with it shows nowhere, and its output is there. */
function model(config: unknown, where: string): PublishedModel {
  const c = configOf(readConfig(schema, config, where));
  return swinClass(c, swinRules(c), () => ({ patches, pooled }) => ({
    last_hidden_state: patches,
    pooler_output: pooled,
  }));
}

/** SwinForImageClassification. */
function classifier(config: unknown, where: string): PublishedModel {
  const p = readConfig(schema, config, where);
  const c = configOf(p);
  return swinClass(c, [...swinRules(c), ...renameLayer("classifier", "classifier")], (at) => {
    const classify = linear(at.in("classifier"), { from: c.widths.at(-1)!, to: labelsOf(p) });
    return ({ pooled }) => ({ logits: classify(pooled) });
  });
}

function imageSource(config: unknown, where: string): TowerSource<ImageTowerConfig> {
  const file = configOf(readConfig(schema, config, where));
  const heads = [
    drop("classifier.**", "is the classifier"),
    drop("decoder.**", "paints hidden patches in pretraining"),
  ];
  const all = [...swinRules(file), ...heads];
  return {
    config: { kind: "swin", ...file, colours: colours.imagenet },
    rules: (asked) => (asked.kind === "swin" ? [...swinFits(file, asked), ...all] : all),
  };
}

/** Swin. */
export const swinFamily: Family = {
  prefix: "swin",
  classes: { SwinModel: model, SwinForImageClassification: classifier },
  image: imageSource,
};
