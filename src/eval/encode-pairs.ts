import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import { progress } from "../files/progress.ts";
import { buildModel } from "../models/index.ts";
import { pixels } from "../nn/pixels.ts";
import { declare } from "../nn/scope.ts";
import { pretrain } from "../tasks/pretrain.ts";
import { forwardGraph } from "./forward-graph.ts";
import { loadWeights, type OpenedRun } from "./open-run.ts";

/** The first `n` pictures of a split and their first captions, each run through its tower once. Row i of everything is pair i. */
export interface EncodedPairs {
  readonly n: number;
  readonly captions: readonly string[];
  /** bool[n,T] */
  readonly keep: Uint8Array;
  /** Unit vectors of the contrast, f32[n,E]. */
  readonly image: Float32Array;
  readonly text: Float32Array;
  /** Towers' tokens, f32[n,P,I] and f32[n,T,W], as flat rows. */
  readonly patches: Float32Array;
  readonly words: Float32Array;
}

/** A pretrained run with its heads and weights, ready for graphs of any shape. */
export type Pretrained = Awaited<ReturnType<typeof openPretrained>>;

/** Rebuilds model and heads and reads the weights. @throws BifocalError when the run was not pretrained with a contrast. */
export async function openPretrained(run: OpenedRun) {
  const { config, sizes } = run;
  const { task } = config;
  if (task.kind !== "pretrain" || task.itc === undefined) {
    return fail("usage", config.name, {
      expected: "a run pretrained with itc",
      got: `task ${task.kind}`,
      todo: "choose another run",
    });
  }
  const { model: built, parameters } = declare((at) =>
    pretrain(at.in("heads"), buildModel(at.in("model"), config.model), task, sizes),
  );
  const weights = await loadWeights(run.weightsPath, parameters);
  return { ...built, contrast: built.contrast!, weights };
}

/** Runs both towers over the pairs, batch by batch. */
export async function encodePairs(
  backend: Backend,
  { source, sizes }: OpenedRun,
  { model, contrast, weights }: Pretrained,
  split: string,
  n: number,
): Promise<EncodedPairs> {
  const { batch, textLength, imageSize } = sizes;
  const captions = Array.from({ length: n }, (_, i) => source.dataset.captions(split, i)[0]!);
  const tokens = await source.tokenizer.encode(captions, { length: textLength, tooLong: "error" });
  const towers = await forwardGraph(
    backend,
    weights,
    {
      image: { dtype: "u8", shape: [batch, imageSize, imageSize, 3] },
      ids: { dtype: "i32", shape: [batch, textLength] },
      keep: { dtype: "bool", shape: [batch, textLength] },
    },
    (given) => {
      const image = model.encodeImage({ pixels: pixels(given.image!, model.colours) });
      const text = model.encodeText({ ids: given.ids!, keep: given.keep! });
      return {
        image: contrast.image(image),
        text: contrast.text(text),
        patches: image.patches,
        words: text.words,
      };
    },
  );
  const rows = (name: string) => new Float32Array((n * towers.outputs[name]!.length) / batch);
  const states = { image: rows("image"), text: rows("text"), patches: rows("patches"), words: rows("words") };
  const bar = progress({ label: `encode ${split}`, total: n, unit: "pairs" });
  for (let start = 0; start < n; start += batch) {
    const count = Math.min(batch, n - start);
    for (let row = 0; row < batch; row++) {
      const index = start + (row % count); // a short last batch is filled up with its own pairs, which are not read
      towers.inputs.image!.set(source.dataset.image(split, index, imageSize), row * imageSize ** 2 * 3);
      const part = [index * textLength, (index + 1) * textLength] as const;
      towers.inputs.ids!.set(tokens.ids.subarray(...part), row * textLength);
      towers.inputs.keep!.set(tokens.keep.subarray(...part), row * textLength);
    }
    await towers.run();
    for (const [name, target] of Object.entries(states)) {
      const width = target.length / n;
      target.set(towers.outputs[name]!.subarray(0, count * width), start * width);
    }
    bar.update(start + count);
  }
  bar.finish();
  return { n, captions, keep: tokens.keep, ...states };
}
