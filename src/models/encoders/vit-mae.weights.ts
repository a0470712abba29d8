/** MAE as published: `facebook/vit-mae-*`, all of `model_type` vit_mae. He et al. 2022, arXiv:2111.06377. */
import { z } from "zod";
import { constant, type Tensor } from "../../graph/tensor.ts";
import type { Scope } from "../../nn/scope.ts";
import { colours } from "../colours.ts";
import { patchPixels, pixelDecoder, removePatches } from "../mae.ts";
import {
  depthSchema,
  type Family,
  type Holds,
  type Named,
  type PublishedModel,
  positiveSchema,
  readConfig,
  traces,
} from "../published/class.ts";
import { drop, type Rule, rename, renameLayer, reshaped, within } from "../published/rules.ts";
import { blockRules, configOf, fitPositions, imageSource, towerRules, vitFields } from "../published/vit.ts";
import { gridOf, type Vit, type VitConfig, vit } from "./vit.ts";

const schema = z.object({
  ...vitFields,
  mask_ratio: z.number().min(0).lt(1).default(0.75),
  norm_pix_loss: z.boolean().default(false),
  decoder_hidden_size: positiveSchema.default(512),
  decoder_num_hidden_layers: depthSchema.default(8),
  decoder_num_attention_heads: positiveSchema.default(16),
  decoder_intermediate_size: positiveSchema.default(2048),
});

const inputs = {
  pixel_values: { dtype: "f32", axes: "B 3 Y X" },
  noise: { dtype: "f32", axes: "B P", optional: true },
} as const;

function read(config: unknown, where: string) {
  const p = readConfig(schema, config, where);
  return { p, c: { ...configOf(p), positions: "fixed" } satisfies VitConfig };
}

/**
 * Removal by `noise` as the class does it; without noise nothing is removed.
 *
 * Differs: the class draws noise where there is none.
 */
function encode(tower: Vit, ratio: number, { pixel_values, noise }: Named) {
  const image = tower.embed({ pixels: pixel_values! });
  const [rows, columns] = image.grid;
  const { tokens, removed, places } = removePatches(
    image.tokens,
    noise ?? rising(image.tokens.shape[0]!, rows * columns),
    noise === undefined ? 0 : ratio,
  );
  const state = tower.run({ ...image, tokens });
  const outputs = { mask: removed, ids_restore: places, ...traces(state.layers, state.attention) };
  return { patches: state.patches, removed, places, outputs, grid: image.grid };
}

/** Noise that leaves all patches in order. */
function rising(batch: number, patches: number): Tensor {
  const values = Float32Array.from({ length: batch * patches }, (_, i) => i % patches);
  return constant("f32", [batch, patches], values);
}

/** ViTMAEModel. */
function model(config: unknown, where: string): PublishedModel {
  const { p, c } = read(config, where);
  return {
    inputs,
    rules: towerRules(c),
    build: (at) => {
      const tower = vit(at, c);
      return (given) => {
        const { patches, outputs } = encode(tower, p.mask_ratio, given);
        return { last_hidden_state: patches, ...outputs };
      };
    },
  };
}

function decoderRules(patches: number, width: number, stack: string): Rule[] {
  return [
    ...renameLayer("decoder_embed", "embed"),
    rename("mask_token", "mask"),
    rename("decoder_pos_embed", "positions", reshaped([1, 1 + patches, width], [1 + patches, width])),
    ...blockRules(`${stack}.*`, "blocks.*"),
    ...renameLayer("decoder_norm", "norm"),
    ...renameLayer("decoder_pred", "pixels"),
  ];
}

/** ViTMAEForPreTraining: logits are pixels; the loss is the mean square over removed patches, so it needs noise. */
function pretraining(config: unknown, where: string, holds: Holds): PublishedModel {
  const { p, c } = read(config, where);
  const [rows, columns] = gridOf(c);
  // transformers 5 writes another name than versions 4 did.
  const isRecent = holds("decoder.decoder_encoder.layer.0.layernorm_before.weight");
  const stack = isRecent ? "decoder_encoder.layer" : "decoder_layers";
  const decoder = (at: Scope) =>
    pixelDecoder(at, {
      from: c.width,
      patch: c.patch,
      // For other picture sizes the class stretches the decoder's positions as one long row.
      grid: [1, rows * columns],
      width: p.decoder_hidden_size,
      depth: p.decoder_num_hidden_layers,
      heads: p.decoder_num_attention_heads,
      hidden: p.decoder_intermediate_size,
      activation: c.activation,
      dropout: c.dropout,
      epsilon: c.epsilon,
      projectionBias: c.projectionBias,
    });
  return {
    inputs,
    rules: [
      ...within("decoder", "decoder", decoderRules(rows * columns, p.decoder_hidden_size, stack)),
      ...towerRules(c),
    ],
    build: (at) => {
      const tower = vit(at, c);
      const decode = decoder(at.in("decoder"));
      return (given) => {
        const { patches, removed, places, outputs, grid } = encode(tower, p.mask_ratio, given);
        const logits = decode(patches, places, [1, grid[0] * grid[1]]);
        const off = logits.sub(patchPixels(given.pixel_values!, c.patch, p.norm_pix_loss));
        const loss = off.mul(off).mean(2).mul(removed).sumAll().div(removed.sumAll());
        return { ...(given.noise && { loss }), logits, ...outputs };
      };
    },
  };
}

/** MAE. As a tower inside our models it sees all patches. */
export const vitMaeFamily: Family = {
  prefix: "vit",
  classes: { ViTMAEModel: model, ViTMAEForPreTraining: pretraining },
  image: (config, where) => {
    const { c } = read(config, where);
    return imageSource(
      c,
      colours.imagenet,
      [...towerRules(c), drop("decoder.**", "paints removed patches")],
      {
        stack: "encoder.layer",
        fit: (asked) => fitPositions("embeddings.position_embeddings", c, asked),
      },
    );
  },
};
