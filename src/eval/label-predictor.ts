/** A run that labels pictures, as one that judges: it reads no texts. */
import type { Backend } from "../backends/backend.ts";
import { buildModel } from "../models/index.ts";
import { declare } from "../nn/scope.ts";
import { classification } from "../tasks/classification.ts";
import { pictureType } from "../tasks/pictures.ts";
import { ranked } from "./answers.ts";
import { forwardGraph } from "./forward-graph.ts";
import { loadWeights, type OpenedRun } from "./open-run.ts";
import { ownPictures } from "./own-pictures.ts";
import { inBatches, type Predictor } from "./predict.ts";
import { needTask } from "./task-batches.ts";

/** How many labels are told. */
const told = 5;

/** Opens such a run, to label `batch` pictures at a time. @throws BifocalError when it was trained for something else. */
export async function openLabelPredictor(
  backend: Backend,
  run: OpenedRun,
  batch: number,
): Promise<Predictor> {
  needTask(run, "classification");
  const { config, sizes } = run;
  const { model: task, parameters } = declare((at) =>
    classification(at.in("heads"), buildModel(at.in("model"), config.model), sizes),
  );
  const weights = await loadWeights(run.weightsPath, parameters);
  const types = { image: pictureType(batch, sizes) };
  const graph = await forwardGraph(backend, weights, types, (given) => ({
    probabilities: task.scores(given).softmax(),
  }));
  const n = run.answers.length;
  return {
    pixelsOf: ownPictures(run),
    predict: inBatches(
      batch,
      ({ pixels }) => pixels(),
      async (pictures) => {
        for (let row = 0; row < batch; row++) {
          // Rows that are left over repeat the last picture and are not read.
          const picture = pictures[Math.min(row, pictures.length - 1)]!;
          graph.inputs.image!.set(picture, row * picture.length);
        }
        await graph.run();
        const probabilities = graph.outputs.probabilities as Float32Array;
        return pictures.map((_, row) => ({
          answers: ranked(probabilities.slice(row * n, (row + 1) * n), run.answers).slice(0, told),
        }));
      },
    ),
  };
}
