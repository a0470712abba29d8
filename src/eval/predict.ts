/** A run on pictures and texts of the user's own. */
import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import { readImage } from "../data/image.ts";
import { buildModel } from "../models/index.ts";
import { pixels } from "../nn/pixels.ts";
import { declare } from "../nn/scope.ts";
import { entailmentJudging } from "../tasks/entailment.ts";
import { buildTask } from "../tasks/index.ts";
import { ranked } from "./answers.ts";
import { forwardGraph } from "./forward-graph.ts";
import { loadWeights, type OpenedRun } from "./open-run.ts";

/** What one picture and one text give: answers of a run that answers questions, scores of a pretrained one. */
export interface Prediction {
  readonly image: string;
  readonly text: string;
  readonly answers?: readonly { readonly answer: string; readonly probability: number }[];
  /** Cosine of the towers' summaries, in [-1, 1]. */
  readonly similarity?: number;
  /** Probability that picture and text belong together. */
  readonly match?: number;
}

/** How many answers are told. */
const told = 5;

/** Every picture with every text, pictures first. @throws BifocalError for a picture that cannot be read or a text too long. */
export async function predict(
  backend: Backend,
  run: OpenedRun,
  images: readonly string[],
  texts: readonly string[],
): Promise<Prediction[]> {
  if (images.length === 0 || texts.length === 0) {
    fail("usage", "predict", {
      expected: "at least one picture and one text",
      todo: "give --image and --text",
    });
  }
  const { config, tokenizer } = run;
  const sizes = { ...run.sizes, textLength: config.model.text.textLength };
  const { imageSize, textLength } = sizes;
  const pictures = await Promise.all(images.map((image) => readImage(image, imageSize)));
  const tokens = await tokenizer.encode(texts, { length: textLength, tooLong: "error" });
  const { model: task, parameters } = declare((at) =>
    buildTask(at.in("heads"), buildModel(at.in("model"), config.model), config.task, sizes),
  );
  const weights = await loadWeights(run.weightsPath, parameters);
  const graph = await forwardGraph(
    backend,
    weights,
    {
      image: { dtype: "u8", shape: [1, imageSize, imageSize, 3] },
      ids: { dtype: "i32", shape: [1, textLength] },
      keep: { dtype: "bool", shape: [1, textLength] },
    },
    (given) => {
      const image = task.model.encodeImage({ pixels: pixels(given.image!, task.model.colours) });
      const text = task.model.encodeText({ ids: given.ids!, keep: given.keep! });
      if ("logits" in task) {
        return { probabilities: task.logits(task.model.fuse(image, text)).softmax() };
      }
      if (!("contrast" in task)) {
        return fail("usage", config.name, {
          expected: "a run whose answers concern one whole picture",
          got: `task ${task.kind}`,
          todo: `score it by eval --task ${task.kind}`,
        });
      }
      const { contrast, matching, model } = task;
      const match =
        matching && "fuse" in model && matching.logits(model.fuse(image, text)).softmax().at(1, 1);
      const similarity = contrast?.image(image).mul(contrast.text(text)).sum(1);
      return { ...(match && { match }), ...(similarity && { similarity }) };
    },
  );
  const classes = task.kind === "entailment" ? entailmentJudging.verdicts : run.answers;
  const predictions: Prediction[] = [];
  for (const [i, image] of images.entries()) {
    for (const [t, text] of texts.entries()) {
      graph.inputs.image!.set(pictures[i]!);
      graph.inputs.ids!.set(tokens.ids.subarray(t * textLength, (t + 1) * textLength));
      graph.inputs.keep!.set(tokens.keep.subarray(t * textLength, (t + 1) * textLength));
      await graph.run();
      const { probabilities, match, similarity } = graph.outputs;
      predictions.push({
        image,
        text,
        ...(probabilities && {
          answers: ranked(probabilities as Float32Array, classes).slice(0, told),
        }),
        ...(similarity && { similarity: similarity[0]! }),
        ...(match && { match: match[0]! }),
      });
    }
  }
  return predictions;
}
