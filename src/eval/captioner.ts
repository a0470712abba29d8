/** A run that writes captions, opened to be used. */
import type { Backend } from "../backends/backend.ts";
import { writingMarks } from "../data/dictation.ts";
import type { TensorType } from "../graph/ops/definition.ts";
import { buildModel } from "../models/index.ts";
import { repeatRows } from "../models/rows.ts";
import { declare } from "../nn/scope.ts";
import { captioning, emptyLength, emptyTexts } from "../tasks/captioning.ts";
import { pictureType } from "../tasks/pictures.ts";
import { type FoundText, type SearchOptions, search } from "./beam-search.ts";
import { forwardGraph } from "./forward-graph.ts";
import { loadWeights, type OpenedRun } from "./open-run.ts";
import { needTask } from "./task-batches.ts";

/** What was written of one picture. */
export interface Caption extends Omit<FoundText, "tokens"> {
  readonly caption: string;
}

/** Writes captions of pictures as a batch has them, as many as are given. */
export type Captioner = (pictures: readonly Uint8Array[]) => Promise<Caption[]>;

/**
 * Reads the weights and compiles two graphs: one reads a batch of pictures, the other says what follows each beginning
 * of a caption, reading it anew for every token. @throws BifocalError when the run writes no captions.
 */
export async function openCaptioner(
  backend: Backend,
  run: OpenedRun,
  options: SearchOptions,
): Promise<Captioner> {
  const { config, sizes, tokenizer } = run;
  needTask(run, "captioning");
  const { batch, textLength, vocab } = sizes;
  const { model: task, parameters } = declare((at) =>
    captioning(buildModel(at.in("model"), config.model), sizes),
  );
  const weights = await loadWeights(run.weightsPath, parameters);
  const types: Record<string, TensorType> = {
    image: pictureType(batch, sizes),
    ids: { dtype: "i32", shape: [batch, emptyLength] },
    keep: { dtype: "bool", shape: [batch, emptyLength] },
  };
  const N: number[] = [];
  const reader = await forwardGraph(backend, weights, types, (given) => {
    const read = task.read(given);
    N.push(...read.tokens.shape);
    return { tokens: read.tokens, keep: read.keep };
  });
  const { beams } = options;
  const rows = batch * beams;
  const longest = textLength - 1;
  const writer = await forwardGraph(
    backend,
    weights,
    {
      tokens: { dtype: "f32", shape: N },
      keep: { dtype: "bool", shape: N.slice(0, 2) },
      ids: { dtype: "i32", shape: [rows, longest] },
      places: { dtype: "i32", shape: [rows, 1] },
    },
    (given) => {
      const each = (tensor: typeof given.tokens) => repeatRows(tensor!, beams);
      const read = { tokens: each(given.tokens), keep: each(given.keep) };
      return { scores: task.write(given.ids!, read, given.places!).logSoftmax() };
    },
  );
  const empty = await emptyTexts(tokenizer, batch);
  const { special } = tokenizer;
  const { start, end } = writingMarks(special);
  const never = new Set([special.pad, special.unknown, special.mask, special.start]);
  const allowed = Array.from({ length: vocab }, (_, id) => id < tokenizer.vocab && !never.has(id));

  const describe = async (pictures: readonly Uint8Array[]): Promise<Caption[]> => {
    // A last batch is filled up with its own pictures, which are not read.
    for (let row = 0; row < batch; row++) {
      const picture = pictures[row % pictures.length]!;
      reader.inputs.image!.set(picture, row * picture.length);
    }
    reader.inputs.ids!.set(empty.ids);
    reader.inputs.keep!.set(empty.keep);
    await reader.run();
    writer.inputs.tokens!.set(reader.outputs.tokens!);
    writer.inputs.keep!.set(reader.outputs.keep!);
    const found = await search(pictures.length, options, { start, end, allowed, longest }, async (texts) => {
      const beginnings = texts.flat();
      const { length } = beginnings[0]!;
      for (const [row, ids] of beginnings.entries()) writer.inputs.ids!.set(ids, row * longest);
      writer.inputs.places!.fill(length - 1);
      await writer.run();
      const scores = writer.outputs.scores as Float32Array;
      return texts.map((text, i) =>
        text.map((_, k) => scores.subarray((i * beams + k) * vocab, (i * beams + k + 1) * vocab)),
      );
    });
    return Promise.all(
      found.map(async ({ tokens, ...rest }) => ({ caption: await tokenizer.decode(tokens), ...rest })),
    );
  };
  return async (pictures) => {
    const captions: Caption[] = [];
    for (let first = 0; first < pictures.length; first += batch)
      captions.push(...(await describe(pictures.slice(first, first + batch))));
    return captions;
  };
}
