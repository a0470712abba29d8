/** VLC as its authors store it, `vlc_*.ckpt` of github.com/guilk/VLC, and the masked autoencoders it starts from. */
import { z } from "zod";
import { colours } from "./colours.ts";
import { gridOf } from "./encoders/vit.ts";
import { positiveSchema, readFields } from "./published/class.ts";
import type { OriginalLayout, OriginalSource } from "./published/original.ts";
import {
  originalHeadRules,
  originalPatchRules,
  originalWordRules,
  squarePositions,
} from "./published/original-rules.ts";
import { type ShapeOf, shapesIn } from "./published/original-towers.ts";
import { originalTrunk, positionedSide, positionedWords } from "./published/original-trunk.ts";
import { drop, type Rule, rename, renameLayer, split, within } from "./published/rules.ts";
import { type VlcConfig, type VlcImageConfig, vlc } from "./vlc.ts";

/** What "hyper_parameters.config" says of the model. */
const schema = z.object({
  vit: z.string(),
  num_heads: positiveSchema,
  drop_rate: z.number(),
  mask_ratio: z.number(),
  is_pretrain: z.boolean(),
});

/** Of the masked autoencoders; `num_heads` need not say it, for the code that it is meant for is not run. */
const headsOf: Readonly<Record<string, number>> = {
  mae_vit_base_patch16: 12,
  mae_vit_large_patch16: 16,
  mae_vit_huge_patch14: 16,
};

/** `hyperparameters` is "hyper_parameters.config". @throws BifocalError when it or the tensors are not VLC's. */
export function originalVlc(
  hyperparameters: unknown,
  shapeOf: ShapeOf,
  where: string,
): OriginalSource<VlcConfig> {
  const p = readFields(schema, hyperparameters, `${where}, hyper_parameters.config`);
  const shapes = shapesIn(shapeOf, where);
  const { image, text, pictures } = originalTrunk(shapes, "mlp.fc1");
  const config: VlcConfig = {
    image: {
      kind: "vit",
      ...image,
      imageSize: positionedSide(shapes, image.patch),
      heads: headsOf[p.vit] ?? p.num_heads,
      activation: "exact",
      dropout: 0,
      epsilon: 1e-6,
      normFirst: false,
      positions: "fixed",
      colours: colours.imagenet,
    },
    text: {
      kind: "words",
      ...text,
      textLength: positionedWords(shapes),
      positionOffset: 0,
      dropout: p.drop_rate,
      epsilon: 1e-12,
    },
    removed: p.is_pretrain ? p.mask_ratio : 0,
    pictures,
  };
  return { config, rules: originalVlcRules };
}

/** VLC without the decoder of its pretraining, as the original code runs it where no patches are removed. */
export const vlcLayout: OriginalLayout<VlcConfig> = {
  className: "VLCTransformer",
  marks: ["text_embeddings.word_embeddings.weight", "transformer.decoder_pos_embed"],
  readsMask: false,
  open: (hyperparameters, shapeOf, where) => {
    const { config, rules } = originalVlc(hyperparameters, shapeOf, where);
    const decoder = ["decoder_**", "mask_token"].map((name) =>
      drop(`transformer.${name}`, "paints removed patches, of which there are none here"),
    );
    return { config, rules: (asked) => [...decoder, ...rules(asked)] };
  },
  build: (at, config) => {
    const model = vlc(at, config);
    return { ...model, encodeImage: (pixels) => model.encodeImage({ pixels }) };
  },
};

/** One pre-norm block. */
function blockRules(from: string, to: string): Rule[] {
  const projections = (leaf: string) =>
    split(
      `${from}.attn.qkv.${leaf}`,
      ["query", "key", "value"].map((part) => `${to}.attention.${part}.${leaf}`),
    );
  return [
    ...renameLayer(`${from}.norm1`, `${to}.attentionNorm`),
    projections("weight"),
    projections("bias"),
    ...renameLayer(`${from}.attn.proj`, `${to}.attention.output`),
    ...renameLayer(`${from}.norm2`, `${to}.feedNorm`),
    ...renameLayer(`${from}.mlp.fc1`, `${to}.feed.up`),
    ...renameLayer(`${from}.mlp.fc2`, `${to}.feed.down`),
  ];
}

/**
 * From the names under "model" in `mae_pretrain_*.pth` of github.com/facebookresearch/mae to a tower under `image` and
 * the decoder, where there is one, under mimPixel. Positions are resized to the picture size asked for.
 */
export function originalMaeRules(c: VlcImageConfig): Rule[] {
  const grid = gridOf(c);
  return [
    ...within("", "image", [
      ...originalPatchRules(c, grid),
      ...blockRules("blocks.*", "blocks.*"),
      ...renameLayer("norm", "norm"),
    ]),
    ...within("", "mimPixel", [
      ...renameLayer("decoder_embed", "embed"),
      rename("mask_token", "mask"),
      rename("decoder_pos_embed", "positions", squarePositions(grid)),
      ...blockRules("decoder_blocks.*", "blocks.*"),
      ...renameLayer("decoder_norm", "norm"),
      ...renameLayer("decoder_pred", "pixels"),
    ]),
  ];
}

/**
 * From the names under "state_dict" to the parameters of `vlc`, and from its heads to ours beside it: those of
 * `originalHeadRules` and mimPixel.
 */
export function originalVlcRules(c: VlcConfig): Rule[] {
  return [
    ...originalWordRules(c.text.textLength, c.pictures ?? 1),
    ...within("transformer", "", originalMaeRules(c.image)),
    ...originalHeadRules,
  ];
}
