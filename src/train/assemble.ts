import { fail } from "../core/errors.ts";
import { canvasSide } from "../data/transform.ts";
import type { TransformConfig } from "../data/transform-config.ts";
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
  const patch = patchSide(model.image);
  const transform = data !== undefined && "transform" in data ? data.transform : undefined;
  return {
    batch: train.batch,
    imageSize,
    patch,
    ...(transform?.fit.kind === "own-shape" && { canvas: canvasOf(transform, imageSize, patch) }),
    textLength: train.textLength,
    vocab: model.text.vocab,
    answers,
    ...("segments" in model.text && { segments: model.text.segments }),
    ...(data !== undefined && answersAreWeighed(data) && { weighedAnswers: true }),
  };
}

/** Of pictures that keep their shape: a picture's shorter side fits the square's, its longer one the canvas's. */
function canvasOf(
  transform: TransformConfig,
  imageSize: number,
  patch: number,
): NonNullable<Sizes["canvas"]> {
  const side = canvasSide(transform, imageSize);
  return { side, mostPatches: Math.floor(imageSize / patch) * Math.floor(side / patch) };
}

/** Declares model and heads: parameters under "model" and "heads", no numbers yet. */
export function assemble(config: Pick<RunConfig, "model" | "task">, sizes: Sizes) {
  const { model: task, parameters } = declare(
    (at) => buildTask(at.in("heads"), buildModel(at.in("model"), config.model), config.task, sizes),
    config.model.std,
  );
  return { task, parameters };
}
