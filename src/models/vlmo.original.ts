/** VLMo as its authors store it: `vlmo_*.pt` of github.com/microsoft/unilm, vlmo; no other files of VLMo are public. */
import { z } from "zod";
import { fail } from "../core/errors.ts";
import { unitNorm } from "../graph/functions.ts";
import { commonSpace } from "../nn/common-space.ts";
import type { Scope } from "../nn/scope.ts";
import { colours } from "./colours.ts";
import { originalAttentionRules, originalFeedRules } from "./encoders/beit.original.ts";
import { gridOf } from "./encoders/vit.ts";
import { positiveSchema, readFields } from "./published/class.ts";
import type { OriginalLayout, OriginalSource } from "./published/original.ts";
import { originalHeadRules, originalPatchRules, originalWordRules } from "./published/original-rules.ts";
import { type ShapeOf, type Shapes, shapesIn } from "./published/original-towers.ts";
import { originalTrunk, positionedSide, positionedWords } from "./published/original-trunk.ts";
import { drop, type Rule, rename, renameLayer, reshaped, within } from "./published/rules.ts";
import { relativeRule } from "./published/vlmo.ts";
import { type VlmoConfig, vlmo } from "./vlmo.ts";

/** What "hyper_parameters.config" can say; DeepSpeed's files, which are those that are public, have none. */
const schema = z
  .object({
    num_heads: positiveSchema.optional(),
    drop_path_rate: z.number().optional(),
    max_text_len_of_initckpt: positiveSchema.default(196),
  })
  .prefault({});

type Hyperparameters = z.output<typeof schema>;

/** `hyperparameters` is "hyper_parameters.config", if any. @throws BifocalError when it or the tensors are not VLMo's. */
export function originalVlmo(
  hyperparameters: unknown,
  shapeOf: ShapeOf,
  where: string,
): OriginalSource<VlmoConfig> {
  const p = readFields(schema, hyperparameters, `${where}, hyper_parameters.config`);
  const shapes = shapesIn(shapeOf, where);
  const { image, text, pictures } = originalTrunk(shapes, "mlp_imag.fc1");
  const relative = shapeOf("relative_position_bias_table") !== undefined;
  const sizes = relative
    ? relativeSizes(shapes, image, p, where)
    : {
        imageSize: positionedSide(shapes, image.patch),
        textLength: positionedWords(shapes),
        heads: p.num_heads ?? positionedHeads(image.width, where),
      };
  const jointFrom = Array.from({ length: image.depth }, (_, i) => i).find(
    (i) => shapeOf(`transformer.blocks.${i}.mlp_vl.fc1.weight`) !== undefined,
  );
  const config: VlmoConfig = {
    image: {
      kind: "vit",
      ...image,
      imageSize: sizes.imageSize,
      heads: sizes.heads,
      activation: "exact",
      dropout: 0,
      dropPath: p.drop_path_rate ?? 0.1,
      epsilon: 1e-6,
      normFirst: false,
      projectionBias: "not-key",
      colours: colours.halves,
      ...(shapeOf("transformer.blocks.0.gamma_1") && { layerScale: 0.1 }),
      ...(relative ? { positions: "none", relativePositions: "each" } : { positions: "learned" }),
    },
    text: {
      kind: "words",
      ...text,
      textLength: sizes.textLength,
      positionOffset: 0,
      dropout: 0,
      epsilon: 1e-12,
    },
    jointFrom: jointFrom ?? image.depth,
    pictures,
  };
  return { config, rules: originalVlmoRules };
}

/** The sizes behind one table: a row for each distance of patches and of words, a column for each head of each block. */
function relativeSizes(
  { read, shapeOf }: Shapes,
  { patch, depth }: { readonly patch: number; readonly depth: number },
  p: Hyperparameters,
  where: string,
) {
  const [rows, columns] = read("relative_position_bias_table", 2) as [number, number];
  const tokens = shapeOf("relative_position_index")?.[0];
  const side =
    tokens === undefined
      ? (Math.sqrt(rows - 5 - 2 * p.max_text_len_of_initckpt) + 1) / 2
      : Math.sqrt(tokens - 1);
  const textLength = (rows - 5 - (2 * side - 1) ** 2) / 2;
  const heads = columns / depth;
  if (![side, textLength, heads].every((size) => Number.isInteger(size) && size > 0)) {
    fail("checkpoint", `${where}, relative_position_bias_table`, {
      expected: "rows for square pictures and texts, columns for every block",
      got: `[${rows},${columns}]`,
    });
  }
  return { imageSize: patch * side, textLength, heads };
}

/** Files with a vector for each position do not show their heads; the one that is public, base_plus, has 16. */
function positionedHeads(width: number, where: string): number {
  if (width === 544) return 16;
  return fail("checkpoint", `${where}, hyper_parameters.config`, {
    expected: "num_heads, for the tensors do not show it",
    got: "none",
    todo: 'write config.json beside it: {"model_type": "vlmo-original", "hyper_parameters": {"config": {"num_heads": 12}}}',
  });
}

/** VLMo in all its sizes and stages. */
export const vlmoLayout: OriginalLayout<VlmoConfig> = {
  className: "VLMo",
  marks: ["text_embeddings.word_embeddings.weight", "transformer.blocks.0.mlp_imag.fc1.weight"],
  readsMask: false,
  tokenizer: "bert-base-uncased",
  open: originalVlmo,
  build: (at, config, shapes) => {
    const model = vlmo(at, config);
    const plain = contrast(at.in("itc"), "itc", shapes);
    const joint = contrast(at.in("jointItc"), "itc_vl", shapes);
    return {
      ...model,
      encodeImage: (pixels) => model.encodeImage({ pixels }),
      embed: (image, text) => ({
        ...(plain && {
          text_embeds: unitNorm(plain.text(text.pooled)),
          image_embeds: unitNorm(plain.image(image.pooled)),
        }),
        ...(joint && {
          joint_text_embeds: unitNorm(joint.text(model.joint.text(text))),
          joint_image_embeds: unitNorm(joint.image(model.joint.image(image))),
        }),
      }),
    };
  },
};

function contrast(at: Scope, from: string, { shapeOf, read }: Shapes) {
  const weight = `${from}_text_proj.fc.weight`;
  if (shapeOf(weight) === undefined) return undefined;
  const [width, summary] = read(weight, 2) as [number, number];
  return commonSpace(at, { image: summary, text: summary, width, bias: false });
}

/**
 * From the names of the state dict to the parameters of `vlmo`, and from its heads to ours beside it: those of
 * `originalHeadRules`, itc, and jointItc for what the joint experts say. A file for another picture size is resized as
 * the original code does it.
 */
export function originalVlmoRules(c: VlmoConfig): Rule[] {
  const relative = c.image.relativePositions === "each";
  const experts = [
    ["image", "imag"],
    ["text", "text"],
    ["joint", "vl"],
  ] as const;
  return [
    ...originalWordRules(relative ? 0 : c.text.textLength, c.pictures ?? 1),
    ...within("transformer", "image", [
      ...originalPatchRules(c.image, gridOf(c.image)),
      ...originalAttentionRules("blocks.*", "blocks.*"),
      ...renameLayer("norm", "norm"),
    ]),
    ...experts.flatMap(([ours, theirs]) =>
      within(
        "transformer",
        ours,
        originalFeedRules("blocks.*", "blocks.*", { norm: `norm2_${theirs}`, mlp: `mlp_${theirs}` }),
      ),
    ),
    ...(relative ? [relativeRule(c)] : []),
    drop("relative_position_index", "follows from the sizes"),
    drop("text_relative_position_index", "follows from the sizes"),
    drop("text_imag_relative_position_index", "follows from the sizes"),
    ...originalHeadRules,
    ...contrastRules("itc", "itc", "logit_scale"),
    ...contrastRules("itc_vl", "jointItc", "logit_vl_scale"),
  ];
}

function contrastRules(from: string, to: string, scale: string): Rule[] {
  return [
    rename(`${from}_text_proj.fc.weight`, `${to}.text.weight`),
    rename(`${from}_image_proj.fc.weight`, `${to}.image.weight`),
    rename(scale, `${to}.logScale`, reshaped([], [1])),
  ];
}
