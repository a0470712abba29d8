/** A run that answers questions about pictures, or compares pictures and texts. */
import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import { buildModel } from "../models/index.ts";
import { declare } from "../nn/scope.ts";
import { buildTask } from "../tasks/index.ts";
import { imageInput, pictureType } from "../tasks/pictures.ts";
import { ranked } from "./answers.ts";
import { forwardGraph } from "./forward-graph.ts";
import { loadWeights, type OpenedRun } from "./open-run.ts";
import { ownPictures } from "./own-pictures.ts";
import { inBatches, type Predictor } from "./predict.ts";

/** How a run reads what it is asked. */
export interface PairOptions {
  /** Pairs judged at a time. */
  readonly batch: number;
  /** What a text does that has more tokens than the model reads. */
  readonly tooLong: "error" | "truncate";
}

/** How many answers are told. */
const told = 5;

/** Builds the graph and loads the weights. @throws BifocalError for a run whose task concerns no single picture. */
export async function openPairPredictor(
  backend: Backend,
  run: OpenedRun,
  { batch, tooLong }: PairOptions,
): Promise<Predictor> {
  const { config, tokenizer } = run;
  const sizes = { ...run.sizes, textLength: config.model.text.textLength };
  const { textLength } = sizes;
  const { model: task, parameters } = declare((at) =>
    buildTask(at.in("heads"), buildModel(at.in("model"), config.model), config.task, sizes),
  );
  const weights = await loadWeights(run.weightsPath, parameters);
  const graph = await forwardGraph(
    backend,
    weights,
    {
      image: pictureType(batch, sizes),
      ids: { dtype: "i32", shape: [batch, textLength] },
      keep: { dtype: "bool", shape: [batch, textLength] },
    },
    (given) => {
      const image = task.model.encodeImage(imageInput(given.image!, task.model.colours, sizes));
      const text = task.model.encodeText({ ids: given.ids!, keep: given.keep! });
      if ("logits" in task) {
        const logits = task.logits(task.model.fuse(image, text));
        const isWeighed = task.kind === "vqa" && sizes.weighedAnswers === true;
        return { probabilities: isWeighed ? logits.sigmoid() : logits.softmax() };
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
  const classes = "verdicts" in task ? task.verdicts : run.answers;

  return {
    pixelsOf: ownPictures(run),
    predict: inBatches(
      batch,
      async ({ pixels: square, text }) => {
        const [picture, tokens] = await Promise.all([
          square(),
          tokenizer.encode([text], { length: textLength, tooLong }),
        ]);
        return { picture, tokens };
      },
      async (given) => {
        const { image, ids, keep } = graph.inputs;
        for (let row = 0; row < batch; row++) {
          // Rows that are left over repeat the last pair: what stands in them reaches no other row.
          const { picture, tokens } = given[Math.min(row, given.length - 1)]!;
          image!.set(picture, row * picture.length);
          ids!.set(tokens.ids, row * textLength);
          keep!.set(tokens.keep, row * textLength);
        }
        await graph.run();
        const { probabilities, match, similarity } = graph.outputs;
        const n = classes.length;
        const answersAt = (row: number) => probabilities?.slice(row * n, (row + 1) * n) as Float32Array;
        return given.map((_, row) => ({
          ...(probabilities && { answers: ranked(answersAt(row), classes).slice(0, told) }),
          ...(similarity && { similarity: similarity[row]! }),
          ...(match && { match: match[row]! }),
        }));
      },
    ),
  };
}
