/** ViLT as its authors store it: `vilt_*.ckpt` of github.com/dandelin/ViLT, release 200k. */
import { z } from "zod";
import { colours } from "./colours.ts";
import { gridOf } from "./encoders/vit.ts";
import { positiveSchema, readFields } from "./published/class.ts";
import type { OriginalLayout, OriginalSource } from "./published/original.ts";
import { type ShapeOf, shapesIn } from "./published/original-towers.ts";
import { originalTrunk, positionedSide, positionedWords } from "./published/original-trunk.ts";
import { type Rule, rename, renameLayer, reshaped, split } from "./published/rules.ts";
import { largestPicture, tableRules } from "./published/vilt.ts";
import { type ViltConfig, vilt } from "./vilt.ts";

/** What "hyper_parameters.config" says of the model. */
const schema = z.object({
  num_heads: positiveSchema,
  drop_rate: z.number(),
  max_image_len: z.int().default(-1),
});

/** `hyperparameters` is "hyper_parameters.config". @throws BifocalError when it or the tensors are not ViLT's. */
export function originalVilt(
  hyperparameters: unknown,
  shapeOf: ShapeOf,
  where: string,
): OriginalSource<ViltConfig> {
  const p = readFields(schema, hyperparameters, `${where}, hyper_parameters.config`);
  const shapes = shapesIn(shapeOf, where);
  const { image, text, pictures } = originalTrunk(shapes, "mlp.fc1");
  const config: ViltConfig = {
    image: {
      kind: "vit",
      ...image,
      imageSize: positionedSide(shapes, image.patch),
      heads: p.num_heads,
      activation: "exact",
      dropout: p.drop_rate,
      epsilon: 1e-6,
      normFirst: false,
      colours: colours.halves,
      ...(p.max_image_len > 0 && { patchLimit: p.max_image_len }),
    },
    text: {
      kind: "words",
      ...text,
      textLength: positionedWords(shapes),
      positionOffset: 0,
      dropout: p.drop_rate,
      epsilon: 1e-12,
    },
    pictures,
  };
  return { config, rules: originalViltRules };
}

/**
 * ViLT. Differs: the original takes pixels whose colours sum to 0 for padding, where this reads a mask; it draws the
 * patches of pictures that have more than it was pretrained with, where this reads them all.
 */
export const viltLayout: OriginalLayout<ViltConfig> = {
  className: "ViLTransformerSS",
  marks: ["text_embeddings.word_embeddings.weight", "transformer.pos_embed"],
  readsMask: true,
  open: originalVilt,
  build: (at, config) => {
    const model = vilt(at, config);
    return {
      ...model,
      encodeImage: (pixels, mask) =>
        model.encodeImage({
          pixels,
          keep: mask?.equal(0).not(),
          most: mask && largestPicture(mask, config.image.patch),
        }),
    };
  },
};

/**
 * From the names under "state_dict" to the parameters of `vilt`, and from their heads to ours beside it: mlm, mpp, itm,
 * vqa, nlvr2, rank. Heads that a reader has no use for are to be dropped by rules in front of these.
 */
export function originalViltRules(c: ViltConfig): readonly Rule[] {
  const { width, patch } = c.image;
  const [rows, columns] = gridOf(c.image);
  const positions = 1 + rows * columns;
  const [from, to] = ["transformer.blocks.*", "image.blocks.*"];
  const projections = (leaf: string) =>
    split(
      `${from}.attn.qkv.${leaf}`,
      ["query", "key", "value"].map((part) => `${to}.attention.${part}.${leaf}`),
    );
  return [
    ...tableRules("text_embeddings"),
    rename("token_type_embeddings.weight", "kinds"),
    rename("transformer.cls_token", "image.class"),
    rename("transformer.pos_embed", "image.positions", reshaped([1, positions, width], [positions, width])),
    rename(
      "transformer.patch_embed.proj.weight",
      "image.patches.weight",
      reshaped([width, 3, patch, patch], [width, 3 * patch * patch]),
    ),
    rename("transformer.patch_embed.proj.bias", "image.patches.bias"),
    projections("weight"),
    projections("bias"),
    ...renameLayer(`${from}.attn.proj`, `${to}.attention.output`),
    ...renameLayer(`${from}.norm1`, `${to}.attentionNorm`),
    ...renameLayer(`${from}.norm2`, `${to}.feedNorm`),
    ...renameLayer(`${from}.mlp.fc1`, `${to}.feed.up`),
    ...renameLayer(`${from}.mlp.fc2`, `${to}.feed.down`),
    ...renameLayer("transformer.norm", "image.norm"),
    ...renameLayer("pooler.dense", "pooler.dense"),
    ...["mlm", "mpp"].flatMap((objective) => [
      ...renameLayer(`${objective}_score.transform.dense`, `${objective}.transform`),
      ...renameLayer(`${objective}_score.transform.LayerNorm`, `${objective}.norm`),
      rename(`${objective}_score.decoder.weight`, `${objective}.decoder.weight`),
    ]),
    rename("mlm_score.bias", "mlm.bias"),
    rename("mpp_score.decoder.bias", "mpp.bias"),
    ...renameLayer("itm_score.fc", "itm.head"),
    ...["vqa", "nlvr2"].flatMap((task) => [
      ...renameLayer(`${task}_classifier.0`, `${task}.hidden`),
      ...renameLayer(`${task}_classifier.1`, `${task}.norm`),
      ...renameLayer(`${task}_classifier.3`, `${task}.classes`),
    ]),
    ...renameLayer("rank_output", "rank"),
  ];
}
