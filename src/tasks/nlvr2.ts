/**
 * Is a statement about two pictures true? (NLVR2: Suhr et al. 2019, arXiv:1811.00491.) The statement is read with each
 * picture in turn; the two summaries side by side are classified, as in ViLT (Kim et al. 2021, arXiv:2102.03334,
 * section 4.3). Selection: accuracy on the validation split.
 */
import { concat, type Tensor } from "../graph/tensor.ts";
import { inParts } from "../graph/trace.ts";
import type { DualModel, FusionModel } from "../models/contracts.ts";
import { needFusion } from "../models/index.ts";
import { mapImages } from "../models/rows.ts";
import type { Scope } from "../nn/scope.ts";
import { classify } from "../objectives/classify.ts";
import type { Judging } from "./judged-batch.ts";
import { imageInput } from "./pictures.ts";
import type { Primary, Sizes } from "./task.ts";

/** Statements of the data set. */
export const nlvr2Judging: Judging = {
  task: "nlvr2",
  form: "statements",
  verdicts: ["false", "true"],
  pictures: 2,
};

/** Share of statements judged right, in [0, 1]. */
export const nlvr2Primary: Primary = { metric: "accuracy", better: "higher" };

/** Declares the head; returns the verdicts and the loss of a batch. */
export function nlvr2(at: Scope, anyModel: DualModel | FusionModel, sizes: Sizes) {
  const { batch: B } = sizes;
  const model = needFusion(anyModel, "task nlvr2");
  const { words, pooled } = model.fusedWidths;
  const head = classify(at.in("verdict"), { width: 2 * pooled, hidden: 2 * words, classes: 2 });

  /** Statements i32[B,T] about pictures u8[2*B,S,S,3], all first ones before all second ones: f32[B,2]. */
  const judge = (batch: Readonly<Record<string, Tensor>>): Tensor => {
    const images = inParts(2, () => model.encodeImage(imageInput(batch.image!, model.colours, sizes)));
    const text = model.encodeText({ ids: batch.ids!, keep: batch.keep! });
    const seen = [0, 1].map((k) => {
      const image = mapImages(images, (rows) => rows.slice(0, k * B, (k + 1) * B));
      return model.fuse(image, text, k).pooled;
    });
    return head.logits({ pooled: concat(seen, 1) });
  };
  return {
    kind: "nlvr2" as const,
    model,
    judge,
    loss: (batch: Readonly<Record<string, Tensor>>) => head.loss(judge(batch), batch.verdicts!),
  };
}
