import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { needForm } from "../datasets/contracts.ts";
import { progress } from "../files/progress.ts";
import { buildModel } from "../models/index.ts";
import { pixels } from "../nn/pixels.ts";
import { declare } from "../nn/scope.ts";
import { chosenCaption } from "../tasks/chosen-caption.ts";
import { pretrain } from "../tasks/pretrain.ts";
import { retrieval } from "../tasks/retrieval.ts";
import { forwardGraph } from "./forward-graph.ts";
import { loadWeights, type OpenedRun, type RunWithData } from "./open-run.ts";
import { namedStates, statesRead } from "./pair-states.ts";

/** The first `n` pictures of a split and their first captions, each run through its tower once. Row i of everything is pair i. */
export interface EncodedPairs {
  readonly n: number;
  readonly captions: readonly string[];
  /** bool[n,T] */
  readonly keep: Uint8Array;
  /** Unit vectors of the contrast, f32[n,E]; empty for a run without one. */
  readonly image: Float32Array;
  readonly text: Float32Array;
  /** Towers' states by the names of `namedStates`. */
  readonly states: Readonly<Record<string, EncodedState>>;
}

/** `rows` is f32[n, ...shape]; empty where the fusion does not read it. */
export interface EncodedState {
  readonly shape: Shape;
  readonly rows: Float32Array;
}

/** A run that compares pictures and texts, with its heads and weights, ready for graphs of any shape. */
export type Pretrained = Awaited<ReturnType<typeof openPretrained>>;

/** Rebuilds model and heads and reads the weights. @throws BifocalError when the run compares no pictures and texts. */
export async function openPretrained(run: OpenedRun) {
  const { config, sizes } = run;
  const { task } = config;
  if (task.kind !== "retrieval" && (task.kind !== "pretrain" || task.itc === undefined)) {
    return fail("usage", config.name, {
      expected: "a run pretrained with itc or trained for retrieval",
      got: `task ${task.kind}`,
      todo: "choose another run",
    });
  }
  const { model: built, parameters } = declare((at) => {
    const model = buildModel(at.in("model"), config.model);
    const heads = at.in("heads");
    return task.kind === "retrieval" ? retrieval(heads, model, task) : pretrain(heads, model, task, sizes);
  });
  const { model, contrast, matching } = built;
  return { model, contrast, matching, weights: await loadWeights(run.weightsPath, parameters) };
}

/** Runs both towers over the pairs, batch by batch. */
export async function encodePairs(
  backend: Backend,
  { source, sizes }: RunWithData,
  { model, contrast, matching, weights }: Pretrained,
  split: string,
  n: number,
): Promise<EncodedPairs> {
  const { batch, textLength, imageSize } = sizes;
  const captionsOf = needForm(source.dataset, "captions", "retrieval");
  const examples = await Promise.all(Array.from({ length: n }, (_, i) => captionsOf(split, i)));
  const captions = examples.map((example) => chosenCaption(example, undefined));
  const tokens = await source.tokenizer.encode(captions, {
    length: textLength,
    tooLong: source.dataset.longTexts,
  });
  const states: Record<string, EncodedState> = {};
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
      const named = namedStates(image, text);
      const read = matching && "fuse" in model ? statesRead(model, named, given.keep!) : new Set<string>();
      for (const [name, { shape, size }] of Object.entries(named)) {
        const rows = new Float32Array(read.has(name) ? (n * size) / batch : 0);
        states[name] = { shape: shape.slice(1), rows };
      }
      return {
        ...(contrast && { image: contrast.image(image), text: contrast.text(text) }),
        ...Object.fromEntries(Object.entries(named).filter(([name]) => read.has(name))),
      };
    },
  );
  const vectors = (name: string) => new Float32Array((n * (towers.outputs[name]?.length ?? 0)) / batch);
  const encoded = { image: vectors("image"), text: vectors("text") };
  const bar = progress({ label: `encode ${split}`, total: n, unit: "pairs" });
  for (let start = 0; start < n; start += batch) {
    const count = Math.min(batch, n - start);
    for (let row = 0; row < batch; row++) {
      const index = start + (row % count); // a short last batch is filled up with its own pairs, which are not read
      towers.inputs.image!.set(await examples[index]!.picture.pixels(imageSize), row * imageSize ** 2 * 3);
      const part = [index * textLength, (index + 1) * textLength] as const;
      towers.inputs.ids!.set(tokens.ids.subarray(...part), row * textLength);
      towers.inputs.keep!.set(tokens.keep.subarray(...part), row * textLength);
    }
    await towers.run();
    for (const [name, output] of Object.entries(towers.outputs)) {
      const target = name === "image" || name === "text" ? encoded[name] : states[name]!.rows;
      const width = target.length / n;
      target.set(output.subarray(0, count * width), start * width);
    }
    bar.update(start + count);
  }
  bar.finish();
  return { n, captions, keep: tokens.keep, ...encoded, states };
}
