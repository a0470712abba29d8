/**
 * What does a picture show? One linear layer on the image tower's summary, as in CLIP's linear probe (Radford et al. 2021,
 * arXiv:2103.00020, section 3.2): with `train.freeze: [model]` it is the probe, else fine-tuning. Selection: accuracy on
 * the validation split.
 */
import { foldKey } from "../core/rng.ts";
import { needForm } from "../datasets/contracts.ts";
import { crossEntropy } from "../graph/functions.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { DualModel } from "../models/contracts.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { classOf } from "./judged-batch.ts";
import { fillPictures, imageInput, pictureType } from "./pictures.ts";
import type { BatchPlan, Primary, Sizes, TaskOutput } from "./task.ts";

/** Share of pictures classified right, in [0, 1]. */
export const classificationPrimary: Primary = { metric: "accuracy", better: "higher" };

/** Declares the layer; class i is answer i of the data set. */
export function classification(at: Scope, model: DualModel, sizes: Sizes) {
  const head = linear(at.in("class"), { from: model.widths.image, to: sizes.answers });

  /** Pictures u8[B,S,S,3]: f32[B,answers]. */
  const scores = (batch: Readonly<Record<string, Tensor>>): Tensor =>
    head(model.encodeImage(imageInput(batch.image!, model.colours, sizes)).pooled);
  const loss = (batch: Readonly<Record<string, Tensor>>): TaskOutput => {
    const logits = scores(batch);
    return {
      loss: crossEntropy(logits, batch.labels!).mean(0),
      metrics: { accuracy: logits.argmax().equal(batch.labels!).cast("f32").mean(0) },
    };
  };
  return { kind: "classification" as const, model, scores, loss };
}

/** B pictures of one class each. */
export function classificationBatch(sizes: Sizes): BatchPlan {
  const { batch } = sizes;
  return {
    form: "classes",
    types: {
      image: pictureType(batch, sizes),
      labels: { dtype: "i32", shape: [batch] },
    },
    fill: async ({ dataset }, { split, indices, first, key, training }, arrays) => {
      const classed = needForm(dataset, "classes", "task classification");
      const examples = await Promise.all(indices.map((index) => classed(split, index)));
      await fillPictures(
        arrays.image!,
        sizes,
        examples.map(({ picture }) => picture),
        (row) => (training ? foldKey(key, "image", first + row) : undefined),
      );
      arrays.labels!.set(examples.map(({ label, picture }) => classOf(dataset.answers, picture.id, label)));
    },
  };
}
