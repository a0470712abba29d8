/**
 * Which of a picture's boxes does an expression mean? (RefCOCO: Yu et al. 2016, arXiv:1608.00272.) Every box is cut out,
 * resized and scored with the expression; the boxes of a picture compete in a softmax, as in Renaissance (Fields &
 * Kennington 2024, arXiv:2411.06657). A cut-out does not show where it lay, so expressions that name a place can only be
 * guessed. Selection: accuracy on the validation split.
 */
import { fail } from "../core/errors.ts";
import { foldKey } from "../core/rng.ts";
import { resample } from "../data/resample.ts";
import { type Box, needForm, type ReferredBox, type WholePicture } from "../datasets/contracts.ts";
import { crossEntropy } from "../graph/functions.ts";
import { full, type Tensor } from "../graph/tensor.ts";
import type { DualModel, FusionModel } from "../models/contracts.ts";
import { needFusion } from "../models/index.ts";
import { mapTexts, repeatRows } from "../models/rows.ts";
import { linear } from "../nn/linear.ts";
import { pixels } from "../nn/pixels.ts";
import type { Scope } from "../nn/scope.ts";
import type { BatchPlan, Primary, Sizes, TaskOutput } from "./task.ts";

/** Boxes of a picture that are scored: the one meant and the first others. */
export interface ReferringConfig {
  readonly candidates: number;
}

/** Share of expressions whose box is found, in [0, 1]. */
export const referringPrimary: Primary = { metric: "accuracy", better: "higher" };

/** Declares the head; returns the scores and the loss of a batch. */
export function referring(at: Scope, anyModel: DualModel | FusionModel, { candidates: K }: ReferringConfig) {
  const model = needFusion(anyModel, "task referring");
  const head = linear(at.in("box"), { from: model.fusedWidths.pooled, to: 1 });

  /** Expressions i32[B,T] and cut-outs u8[B*K,S,S,3], expression by expression: f32[B,K], about -1e9 where there is no box. */
  const scores = (batch: Readonly<Record<string, Tensor>>): Tensor => {
    const image = model.encodeImage({ pixels: pixels(batch.image!, model.colours) });
    const text = model.encodeText({ ids: batch.ids!, keep: batch.keep! });
    const fused = model.fuse(
      image,
      mapTexts(text, (rows) => repeatRows(rows, K)),
    );
    const missing = full(1).sub(batch.present!.cast("f32"));
    return head(fused.pooled).reshape([-1, K]).sub(missing.mul(1e9));
  };
  const loss = (batch: Readonly<Record<string, Tensor>>): TaskOutput => {
    const logits = scores(batch);
    const target = batch.target!;
    return {
      loss: crossEntropy(logits, target).mean(0),
      metrics: { accuracy: logits.argmax().equal(target).cast("f32").mean(0) },
    };
  };
  return { kind: "referring" as const, model, scores, loss };
}

/** B expressions with the cut-outs of K boxes each; missing boxes are black. */
export function referringBatch({ candidates: K }: ReferringConfig, sizes: Sizes): BatchPlan {
  const { batch, imageSize, textLength } = sizes;
  const cutOut = imageSize ** 2 * 3;
  return {
    form: "references",
    types: {
      image: { dtype: "u8", shape: [batch * K, imageSize, imageSize, 3] },
      ids: { dtype: "i32", shape: [batch, textLength] },
      keep: { dtype: "bool", shape: [batch, textLength] },
      present: { dtype: "bool", shape: [batch, K] },
      target: { dtype: "i32", shape: [batch] },
    },
    fill: async ({ dataset, tokenizer }, { split, indices, first, key, training }, arrays) => {
      const reference = needForm(dataset, "references", "task referring");
      const referred = await Promise.all(indices.map((index) => reference(split, index)));
      arrays.image!.fill(0);
      arrays.present!.fill(0);
      const fillRow = async (example: ReferredBox, row: number) => {
        const picture = await example.whole(
          imageSize,
          training ? foldKey(key, "image", first + row) : undefined,
        );
        const { boxes, target } = candidatesOf(example, K);
        boxes.forEach((box, k) => {
          arrays.image!.set(cut(picture, box, imageSize), (row * K + k) * cutOut);
          arrays.present![row * K + k] = 1;
        });
        arrays.target![row] = target;
      };
      await Promise.all(referred.map(fillRow));
      const texts = referred.map(({ expression }) => expression);
      const tokens = await tokenizer.encode(texts, { length: textLength, tooLong: dataset.longTexts });
      arrays.ids!.set(tokens.ids);
      arrays.keep!.set(tokens.keep);
    },
  };
}

/** The first `most` boxes, of which the last is the one meant where it would be left out. */
export function candidatesOf({ boxes, target }: Pick<ReferredBox, "boxes" | "target">, most: number) {
  return target < most
    ? { boxes: boxes.slice(0, most), target }
    : { boxes: [...boxes.slice(0, most - 1), boxes[target]!], target: most - 1 };
}

/** What a box shows of a picture, resized to u8[to,to,3]. */
function cut({ data: whole, unit, ...size }: WholePicture, box: Box, to: number): Uint8Array {
  const [left, right] = span(box.x, box.width, unit[0], size.width);
  const [top, bottom] = span(box.y, box.height, unit[1], size.height);
  const [height, width] = [bottom - top, right - left];
  if (height < 1 || width < 1)
    fail("data", "box", { expected: "a box of at least a pixel", got: JSON.stringify(box) });
  const data = new Uint8Array(height * width * 3);
  for (let row = 0; row < height; row++) {
    const from = ((top + row) * size.width + left) * 3;
    data.set(whole.subarray(from, from + width * 3), row * width * 3);
  }
  return resample({ data, height, width }, to, to, "bilinear").data;
}

/** First pixel and the one behind the last. */
function span(start: number, length: number, unit: number, side: number): readonly [number, number] {
  return [Math.max(0, Math.floor(start * unit)), Math.min(side, Math.ceil((start + length) * unit))];
}
