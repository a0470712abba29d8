import { fail } from "../core/errors.ts";
import { answersAreWeighed } from "../datasets/index.ts";
import { patchSide } from "../models/encoders/index.ts";
import { buildModel } from "../models/index.ts";
import { declare } from "../nn/scope.ts";
import { buildTask } from "../tasks/index.ts";
import type { Sizes } from "../tasks/task.ts";
import type { RunConfig } from "./config.ts";

/** Sizes the parts of a run share; `answers` comes from the data set. */
export function sizesOf(
  { model, train, data }: Pick<RunConfig, "model" | "train"> & Partial<Pick<RunConfig, "data">>,
  answers: number,
): Sizes {
  const { imageSize } = model.image;
  if (typeof imageSize !== "number") {
    fail("config", "model.image.imageSize", {
      expected: "one side: runs use square pictures",
      got: imageSize.join(),
    });
  }
  return {
    batch: train.batch,
    imageSize,
    patch: patchSide(model.image),
    textLength: train.textLength,
    vocab: model.text.vocab,
    answers,
    ...("segments" in model.text && { segments: model.text.segments }),
    ...(data !== undefined && answersAreWeighed(data) && { weighedAnswers: true }),
  };
}

/** Declares model and heads: parameters under "model" and "heads", no numbers yet. */
export function assemble(config: Pick<RunConfig, "model" | "task">, sizes: Sizes) {
  const { model: task, parameters } = declare(
    (at) => buildTask(at.in("heads"), buildModel(at.in("model"), config.model), config.task, sizes),
    config.model.std,
  );
  return { task, parameters };
}
