/** Heads that judge a text by one picture: as that of question answering, with verdicts for answers. */
import type { Tensor } from "../graph/tensor.ts";
import type { DualModel, FusionModel } from "../models/contracts.ts";
import { needFusion } from "../models/index.ts";
import type { Scope } from "../nn/scope.ts";
import { classify } from "../objectives/classify.ts";
import type { Judging } from "./judged-batch.ts";
import { imageInput } from "./pictures.ts";
import type { Sizes } from "./task.ts";

/** Declares the head; returns the verdicts and the loss of a batch. @throws BifocalError when the model has no fusion. */
export function judgedPicture(
  at: Scope,
  anyModel: DualModel | FusionModel,
  { task, verdicts }: Judging,
  sizes: Sizes,
) {
  const model = needFusion(anyModel, `task ${task}`);
  const { words, pooled } = model.fusedWidths;
  const head = classify(at.in("verdict"), { width: pooled, hidden: 2 * words, classes: verdicts.length });

  /** Texts i32[B,T] about pictures u8[B,S,S,3]: f32[B,verdicts]. */
  const judge = (batch: Readonly<Record<string, Tensor>>): Tensor => {
    const image = model.encodeImage(imageInput(batch.image!, model.colours, sizes));
    const text = model.encodeText({ ids: batch.ids!, keep: batch.keep! });
    return head.logits(model.fuse(image, text));
  };
  return {
    model,
    verdicts,
    logits: head.logits,
    judge,
    loss: (batch: Readonly<Record<string, Tensor>>) => head.loss(judge(batch), batch.verdicts!),
  };
}
