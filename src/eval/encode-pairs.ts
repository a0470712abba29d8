import { dirname } from "node:path";
import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { needForm } from "../datasets/contracts.ts";
import { progress } from "../files/progress.ts";
import { requireSpace } from "../files/require-space.ts";
import { openRowFile, type RowFile } from "../files/row-file.ts";
import type { TensorType } from "../graph/ops/definition.ts";
import { buildModel } from "../models/index.ts";
import { declare } from "../nn/scope.ts";
import { chosenCaption } from "../tasks/chosen-caption.ts";
import { imageInput, pictureRow, pictureType } from "../tasks/pictures.ts";
import { pretrain } from "../tasks/pretrain.ts";
import { retrieval } from "../tasks/retrieval.ts";
import { type Forward, forwardGraph } from "./forward-graph.ts";
import { loadWeights, type OpenedRun, type RunWithData } from "./open-run.ts";
import { namedStates, statesRead } from "./pair-states.ts";

/** The first `n` pictures of a split and their captions, each run through its tower once. */
export interface EncodedPairs {
  /** Pictures. */
  readonly n: number;
  /** All texts, picture by picture. */
  readonly captions: readonly string[];
  /** Of every text its picture. */
  readonly imageOf: readonly number[];
  /** bool[texts,T] */
  readonly keep: Uint8Array;
  /** Unit vectors of the contrast, f32[n,E] and f32[texts,E]; empty for a run without one. */
  readonly image: Float32Array;
  readonly text: Float32Array;
  /** Towers' states by the names of `namedStates`. */
  readonly states: Readonly<Record<string, EncodedState>>;
  /** Gives back the disk's space; states cannot be read any more. */
  close(): void;
}

/** `rows` are n or as many as texts, each f32[...shape], in files next to the weights; none where the fusion does not read it. */
export interface EncodedState {
  readonly shape: Shape;
  readonly rows: Pick<RowFile, "read"> | undefined;
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
    return task.kind === "retrieval"
      ? retrieval(heads, model, task, sizes)
      : pretrain(heads, model, task, sizes);
  });
  const { model, contrast, matching } = built;
  return { model, contrast, matching, weights: await loadWeights(run.weightsPath, parameters) };
}

/** Runs both towers, batch by batch, over pictures and over the first `each` captions of every picture. */
export async function encodePairs(
  backend: Backend,
  { source, sizes, weightsPath }: RunWithData,
  { model, contrast, matching, weights }: Pretrained,
  split: string,
  n: number,
  each: number,
): Promise<EncodedPairs> {
  const { batch, textLength } = sizes;
  const captionsOf = needForm(source.dataset, "captions", "retrieval");
  const examples = await Promise.all(Array.from({ length: n }, (_, i) => captionsOf(split, i)));
  const imageOf: number[] = [];
  const captions = examples.flatMap((example, image) => {
    chosenCaption(example, undefined); // a picture without captions is told
    const own = example.captions.slice(0, each);
    for (const _ of own) imageOf.push(image);
    return own;
  });
  const tokens = await source.tokenizer.encode(captions, {
    length: textLength,
    tooLong: source.dataset.longTexts,
  });
  const counts = { image: n, text: captions.length };
  const types: Record<string, TensorType> = {
    image: pictureType(batch, sizes),
    ids: { dtype: "i32", shape: [batch, textLength] },
    keep: { dtype: "bool", shape: [batch, textLength] },
  };
  const states: Record<string, EncodedState & { readonly rows: RowFile | undefined }> = {};
  const close = () => {
    for (const { rows } of Object.values(states)) rows?.close();
  };
  const folder = dirname(weightsPath);
  const encoded = { image: new Float32Array(), text: new Float32Array() };

  /** Runs one tower over its `counts`; `fill` writes example `index` into a row of the graph's inputs. */
  const encode = async (
    tower: "image" | "text",
    fill: (inputs: Forward["inputs"], row: number, index: number) => void | Promise<void>,
  ) => {
    const graph = await forwardGraph(backend, weights, types, (given) => {
      const image = model.encodeImage(imageInput(given.image!, model.colours, sizes));
      const text = model.encodeText({ ids: given.ids!, keep: given.keep! });
      const named = namedStates(image, text);
      const read = matching && "fuse" in model ? statesRead(model, named, given.keep!) : new Set<string>();
      const own = Object.entries(named).filter(([name]) => name.startsWith(`${tower}.`));
      const numbers = own.reduce((sum, [name, { size }]) => sum + (read.has(name) ? size / batch : 0), 0);
      requireSpace(folder, 4 * counts[tower] * numbers, "choose fewer --pictures or free space");
      for (const [name, { shape, size }] of own) {
        const rows = read.has(name) ? openRowFile(folder, size / batch) : undefined;
        states[name] = { shape: shape.slice(1), rows };
      }
      return {
        ...(contrast && { vectors: tower === "image" ? contrast.image(image) : contrast.text(text) }),
        ...Object.fromEntries(own.filter(([name]) => read.has(name))),
      };
    });
    const total = counts[tower];
    encoded[tower] = new Float32Array((total * (graph.outputs.vectors?.length ?? 0)) / batch);
    const unit = tower === "image" ? "pictures" : "texts";
    const bar = progress({ label: `encode ${split}`, total, unit });
    for (let start = 0; start < total; start += batch) {
      const count = Math.min(batch, total - start);
      // A short last batch is filled up with its own examples, which are not read.
      const rows = Array.from({ length: batch }, (_, row) => fill(graph.inputs, row, start + (row % count)));
      await Promise.all(rows);
      await graph.run();
      for (const [name, output] of Object.entries(graph.outputs)) {
        const rows = (output as Float32Array).subarray(0, (count * output.length) / batch);
        if (name === "vectors") encoded[tower].set(rows, (start * output.length) / batch);
        else states[name]!.rows!.write(start, rows);
      }
      bar.update(start + count);
    }
    bar.finish();
  };
  try {
    await encode("image", async (inputs, row, index) => {
      const picture = await pictureRow(examples[index]!.picture, sizes);
      inputs.image!.set(picture, row * picture.length);
    });
    await encode("text", (inputs, row, index) => {
      const part = [index * textLength, (index + 1) * textLength] as const;
      inputs.ids!.set(tokens.ids.subarray(...part), row * textLength);
      inputs.keep!.set(tokens.keep.subarray(...part), row * textLength);
    });
  } catch (cause) {
    close();
    throw cause;
  }
  return { n, captions, imageOf, keep: tokens.keep, ...encoded, states, close };
}
