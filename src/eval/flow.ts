/** Inter-modality flow of a run on a split's pictures and their first captions, whatever the run was trained for. */
import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import { needForm } from "../datasets/contracts.ts";
import { progress } from "../files/progress.ts";
import { bootstrapInterval, type Interval } from "../metrics/confidence.ts";
import { type InterModalityFlow, interModalityFlow } from "../metrics/inter-modality-flow.ts";
import { rollOut } from "../models/fusions/attention-flow.ts";
import { buildModel } from "../models/index.ts";
import { declare } from "../nn/scope.ts";
import { chosenCaption } from "../tasks/chosen-caption.ts";
import { buildTask } from "../tasks/index.ts";
import { imageInput, pictureRow, pictureType } from "../tasks/pictures.ts";
import { forwardGraph } from "./forward-graph.ts";
import { loadWeights, type RunWithData } from "./open-run.ts";

/** The mean over pairs with its 95 % interval. */
export interface MeanFlow {
  readonly mean: number;
  readonly interval: Interval;
}

/** Mean flows of one split, and those of every pair. */
export interface FlowScores extends Readonly<Record<keyof InterModalityFlow, MeanFlow>> {
  readonly split: string;
  /** Pairs. */
  readonly n: number;
  readonly predictions: readonly (InterModalityFlow & { readonly image: number; readonly text: string })[];
}

/** Measures the first `n` pairs of a split. @throws BifocalError when the run's model has no fusion. */
export async function evaluateFlow(
  backend: Backend,
  run: RunWithData,
  split: string,
  n: number,
): Promise<FlowScores> {
  const { config, source } = run;
  const sizes = { ...run.sizes, textLength: config.model.text.textLength };
  const { batch, textLength } = sizes;
  const captionsOf = needForm(source.dataset, "captions", "flow");
  const examples = await Promise.all(Array.from({ length: n }, (_, i) => captionsOf(split, i)));
  const texts = examples.map((example) => chosenCaption(example, undefined));
  const tooLong = source.dataset.longTexts;
  const tokens = await source.tokenizer.encode(texts, { length: textLength, tooLong });
  const { model: task, parameters } = declare((at) =>
    buildTask(at.in("heads"), buildModel(at.in("model"), config.model), config.task, sizes),
  );
  const { model } = task;
  if (!("fuse" in model)) {
    return fail("usage", config.name, {
      expected: "a run of a model with a fusion, whose attention crosses between words and patches",
      got: `model ${config.model.kind}`,
      todo: "choose another run",
    });
  }
  const weights = await loadWeights(run.weightsPath, parameters);
  let patches = 0;
  const graph = await forwardGraph(
    backend,
    weights,
    {
      image: pictureType(batch, sizes),
      ids: { dtype: "i32", shape: [batch, textLength] },
      keep: { dtype: "bool", shape: [batch, textLength] },
    },
    (given) => {
      const image = model.encodeImage(imageInput(given.image!, model.colours, sizes));
      const fused = model.fuse(image, model.encodeText({ ids: given.ids!, keep: given.keep! }));
      patches = fused.patches.shape[1]!;
      return { rolled: rollOut(fused.flow), ...(image.keep && { kept: image.keep.cast("f32") }) };
    },
  );
  const rolled = graph.outputs.rolled as Float32Array;
  const size = rolled.length / batch;
  const flows: InterModalityFlow[] = [];
  const bar = progress({ label: `flow ${split}`, total: n, unit: "pairs" });
  for (let start = 0; start < n; start += batch) {
    const count = Math.min(batch, n - start);
    for (let row = 0; row < batch; row++) {
      const index = start + (row % count); // a short last batch is filled up with its own pairs, which are not read
      const picture = await pictureRow(examples[index]!.picture, sizes);
      graph.inputs.image!.set(picture, row * picture.length);
      const part = [index * textLength, (index + 1) * textLength] as const;
      graph.inputs.ids!.set(tokens.ids.subarray(...part), row * textLength);
      graph.inputs.keep!.set(tokens.keep.subarray(...part), row * textLength);
    }
    await graph.run();
    for (let row = 0; row < count; row++) {
      const index = start + row;
      const keepWords = tokens.keep.subarray(index * textLength, (index + 1) * textLength);
      const kept = graph.outputs.kept?.subarray(row * patches, (row + 1) * patches);
      const keep = [...keepWords, ...(kept ?? Array<number>(patches).fill(1))];
      const ofPair = rolled.subarray(row * size, (row + 1) * size);
      flows.push(interModalityFlow(ofPair, { words: textLength, patches, keep }));
    }
    bar.update(start + count);
  }
  bar.finish();
  const mean = (part: keyof InterModalityFlow): MeanFlow => {
    const values = flows.map((flow) => flow[part]);
    return {
      mean: values.reduce((sum, value) => sum + value, 0) / n,
      interval: bootstrapInterval(values, config.train.seed),
    };
  };
  return {
    split,
    n,
    toWords: mean("toWords"),
    toPatches: mean("toPatches"),
    total: mean("total"),
    predictions: flows.map((flow, image) => ({ image, text: texts[image]!, ...flow })),
  };
}
