/**
 * Pretraining on captions: masked words, matching and contrast, all of them on every batch, each loss times its weight.
 * As in METER (Dou et al. 2022, arXiv:2111.02387, section 3.2), with contrast and hard negatives as in ALBEF
 * (Li et al. 2021, arXiv:2107.07651, section 3.2). Selection: validation loss.
 */
import { foldKey, rng } from "../core/rng.ts";
import { maskLimit, maskWords } from "../data/masking.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { DualModel, FusionModel } from "../models/contracts.ts";
import { needFusion } from "../models/index.ts";
import { pixels } from "../nn/pixels.ts";
import type { Scope } from "../nn/scope.ts";
import { itc } from "../objectives/itc.ts";
import { hardPairs, itm, randomPairs } from "../objectives/itm.ts";
import { mlm } from "../objectives/mlm.ts";
import type { ObjectiveOutput } from "../objectives/objective.ts";
import type { BatchPlan, Primary, Sizes, TaskOutput } from "./task.ts";

/** What is present is trained: each loss times its `weight`; `rate` is in [0, 1], hard negatives need `itc`. */
export interface PretrainConfig {
  readonly mlm?: { readonly weight: number; readonly rate: number; readonly wholeWord: boolean } | undefined;
  readonly itm?: { readonly weight: number; readonly negatives: "random" | "hard" } | undefined;
  readonly itc?: { readonly weight: number; readonly width: number } | undefined;
}

/** The weighted sum of the losses, in nats. */
export const pretrainPrimary: Primary = { metric: "loss", better: "lower" };

/** Declares the objectives' heads; returns them and the loss of a batch. */
export function pretrain(at: Scope, model: DualModel | FusionModel, c: PretrainConfig, sizes: Sizes) {
  const fusionFor = (name: string) => needFusion(model, `objective ${name}`);
  const words = c.mlm && mlm(at.in("mlm"), { width: fusionFor("mlm").fusedWidths.words, vocab: sizes.vocab });
  const matching = c.itm && itm(at.in("itm"), { width: fusionFor("itm").fusedWidths.pooled });
  const contrast = c.itc && itc(at.in("itc"), { ...model.widths, width: c.itc.width });

  const loss = (batch: Readonly<Record<string, Tensor>>): TaskOutput => {
    const keep = batch.keep!;
    const image = model.encodeImage({ pixels: pixels(batch.image!, model.colours) });
    const text = model.encodeText({ ids: batch.ids!, keep });
    const outputs: Record<string, ObjectiveOutput & { weight: number }> = {};
    const similarities = contrast?.similarities(contrast.image(image), contrast.text(text));
    if (c.itc && contrast && similarities) {
      outputs.itc = { ...contrast.loss(similarities), weight: c.itc.weight };
    }
    if (c.mlm && words) {
      const masked = model.encodeText({ ids: batch.maskedIds!, keep });
      const fused = fusionFor("mlm").fuse(image, masked);
      const places = { positions: batch.positions!, labels: batch.labels!, weights: batch.weights! };
      outputs.mlm = { ...words(fused, places), weight: c.mlm.weight };
    }
    if (c.itm && matching) {
      const hard = c.itm.negatives === "hard" ? similarities : undefined;
      const pairs = hard === undefined ? randomPairs(image, text) : hardPairs(image, text, hard);
      outputs.itm = { ...matching.loss(fusionFor("itm"), pairs), weight: c.itm.weight };
    }
    return weightedSum(outputs);
  };
  return { kind: "pretrain" as const, model, words, matching, contrast, loss };
}

function weightedSum(outputs: Record<string, ObjectiveOutput & { weight: number }>): TaskOutput {
  const metrics: Record<string, Tensor> = {};
  let loss: Tensor | undefined;
  for (const [name, output] of Object.entries(outputs)) {
    const part = output.loss.mul(output.weight);
    loss = loss === undefined ? part : loss.add(part);
    metrics[`${name}/loss`] = output.loss;
    for (const [metric, value] of Object.entries(output.metrics)) metrics[`${name}/${metric}`] = value;
  }
  return { loss: loss!, metrics };
}

/** B pictures with one caption each, and the same captions masked. */
export function pretrainBatch(c: PretrainConfig, { batch, imageSize, textLength }: Sizes): BatchPlan {
  const limit = c.mlm === undefined ? 0 : maskLimit(textLength, c.mlm.rate);
  const places = batch * limit;
  const masked = {
    maskedIds: { dtype: "i32", shape: [batch, textLength] },
    positions: { dtype: "i32", shape: [places] },
    labels: { dtype: "i32", shape: [places] },
    weights: { dtype: "f32", shape: [places] },
  } as const;
  return {
    types: {
      image: { dtype: "u8", shape: [batch, imageSize, imageSize, 3] },
      ids: { dtype: "i32", shape: [batch, textLength] },
      keep: { dtype: "bool", shape: [batch, textLength] },
      ...(c.mlm === undefined ? {} : masked),
    },
    fill: async ({ dataset, tokenizer }, { split, indices, key, training }, arrays) => {
      const captions = indices.map((index, row) => {
        const choices = dataset.captions(split, index);
        return training ? rng(key, "caption", row).pick(choices) : choices[0]!;
      });
      indices.forEach((index, row) => {
        const augment = training ? foldKey(key, "image", row) : undefined;
        arrays.image!.set(dataset.image(split, index, imageSize, augment), row * imageSize ** 2 * 3);
      });
      const tokens = await tokenizer.encode(captions, { length: textLength, tooLong: "error" });
      arrays.ids!.set(tokens.ids);
      arrays.keep!.set(tokens.keep);
      if (c.mlm === undefined) return;
      const options = { ...c.mlm, mask: tokenizer.special.mask!, vocab: tokenizer.vocab };
      for (const name of ["positions", "labels", "weights"]) arrays[name]!.fill(0);
      indices.forEach((_, row) => {
        const start = row * textLength;
        const ids = tokens.ids.subarray(start, start + textLength);
        const words = tokens.words.subarray(start, start + textLength);
        const hidden = maskWords(ids, words, options, rng(key, "mask", row));
        arrays.maskedIds!.set(hidden.ids, start);
        hidden.positions.forEach((position, i) => {
          const place = row * limit + i;
          arrays.positions![place] = start + position;
          arrays.labels![place] = ids[position]!;
          arrays.weights![place] = 1;
        });
      });
    },
  };
}
