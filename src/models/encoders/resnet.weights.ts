/** ResNet as published: `microsoft/resnet-*`, `model_type` resnet. */
import { z } from "zod";
import { rearrange } from "../../graph/rearrange.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { linear } from "../../nn/linear.ts";
import { colours } from "../colours.ts";
import type { ImageState } from "../contracts.ts";
import { depthSchema, type Family, positiveSchema, readConfig } from "../published/class.ts";
import { drop, type Rule, rename, renameLayer } from "../published/rules.ts";
import { labelFields, labelsOf } from "../published/vit.ts";
import { type ResnetConfig, resnet } from "./resnet.ts";

const schema = z.object({
  ...labelFields,
  num_channels: z.literal(3).default(3),
  embedding_size: positiveSchema.default(64),
  hidden_sizes: z.array(positiveSchema).min(1).default([256, 512, 1024, 2048]),
  depths: z.array(depthSchema).min(1).default([3, 4, 6, 3]),
  layer_type: z.enum(["basic", "bottleneck"]).default("bottleneck"),
  hidden_act: z.literal("relu").default("relu"),
  downsample_in_first_stage: z.boolean().default(false),
  downsample_in_bottleneck: z.boolean().default(false),
});

function read(config: unknown, where: string): { c: ResnetConfig; labels: number } {
  const p = readConfig(schema, config, where);
  const c: ResnetConfig = {
    stem: p.embedding_size,
    depths: p.depths,
    widths: p.hidden_sizes,
    layer: p.layer_type,
    strideAt: p.downsample_in_bottleneck ? 0 : 1,
    halveFirst: p.downsample_in_first_stage,
  };
  return { c, labels: labelsOf(p) };
}

/** A convolution and its norm. */
function renameUnit(from: string, to: string): Rule[] {
  return [
    rename(`${from}.convolution.weight`, `${to}.convolution.weight`),
    ...renameLayer(`${from}.normalization`, `${to}.norm`),
    rename(`${from}.normalization.running_mean`, `${to}.norm.mean`),
    rename(`${from}.normalization.running_var`, `${to}.norm.variance`),
    drop(`${from}.normalization.num_batches_tracked`, "counts batches of training"),
  ];
}

const towerRules: readonly Rule[] = [
  ...renameUnit("embedder.embedder", "stem"),
  ...renameUnit("encoder.stages.*.layers.*.layer.*", "stages.*.*.units.*"),
  ...renameUnit("encoder.stages.*.layers.*.shortcut", "stages.*.*.shortcut"),
];

const inputs = { pixel_values: { dtype: "f32", axes: "B 3 Y X" } } as const;

/** Grids as the classes return them, f32[B,C,h,w]; the stem halves the picture twice, every later stage once more. */
function gridsOf({ layers }: ImageState, pixels: Tensor, { halveFirst }: ResnetConfig): Tensor[] {
  return layers.map((cells, i) => {
    const halvings = 2 + Math.max(0, halveFirst ? i : i - 1);
    const h = Math.ceil(pixels.shape[2]! / 2 ** halvings);
    return rearrange(cells, "B (h w) C -> B C h w", { h });
  });
}

const hiddenStates = (grids: readonly Tensor[]) =>
  Object.fromEntries(grids.map((grid, i) => [`hidden_states.${i}`, grid]));

/** ResNet. */
export const resnetFamily: Family = {
  prefix: "resnet",
  classes: {
    ResNetModel: (config, where) => {
      const { c } = read(config, where);
      return {
        inputs,
        rules: towerRules,
        build: (at) => {
          const tower = resnet(at, c);
          return ({ pixel_values }) => {
            const state = tower.encode({ pixels: pixel_values! });
            const grids = gridsOf(state, pixel_values!, c);
            const pooled = state.pooled.reshape([...state.pooled.shape, 1, 1]);
            return { last_hidden_state: grids.at(-1)!, pooler_output: pooled, ...hiddenStates(grids) };
          };
        },
      };
    },
    ResNetForImageClassification: (config, where) => {
      const { c, labels } = read(config, where);
      return {
        inputs,
        rules: [...towerRules, ...renameLayer("classifier.1", "classifier")],
        build: (at) => {
          const tower = resnet(at, c);
          const classify = linear(at.in("classifier"), { from: tower.width, to: labels });
          return ({ pixel_values }) => {
            const state = tower.encode({ pixels: pixel_values! });
            return { logits: classify(state.pooled), ...hiddenStates(gridsOf(state, pixel_values!, c)) };
          };
        },
      };
    },
  },
  image: (config, where) => ({
    config: { kind: "resnet", imageSize: 224, ...read(config, where).c, colours: colours.imagenet },
    rules: () => [...towerRules, drop("classifier.**", "is the classifier")],
  }),
};
