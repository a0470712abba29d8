/** A run that was never trained: drawn weights, eight plain pictures with their captions and questions. */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { rng } from "#src/core/rng.ts";
import { sizeOf } from "#src/core/shape.ts";
import { loadTokenizer } from "#src/data/tokenizers/tokenizer.ts";
import { wordPieceTokenizerJson } from "#src/data/tokenizers/wordpiece-json.ts";
import { wordPieceSpecials } from "#src/data/tokenizers/wordpiece-vocabulary.ts";
import type { Picture, PictureDataset } from "#src/datasets/contracts.ts";
import type { RunWithData } from "#src/eval/open-run.ts";
import { writeSafetensors } from "#src/files/safetensors.ts";
import { colours } from "#src/models/colours.ts";
import type { TaskConfig } from "#src/tasks/index.ts";
import { assemble, sizesOf } from "#src/train/assemble.ts";
import type { RunConfig, TrainConfig } from "#src/train/config.ts";

const blocks = { depth: 1, activation: "exact", dropout: 0, epsilon: 1e-5 } as const;
const words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "dots", "how", "many"];
const answers = words.slice(0, 8);

const noise = (imageSize: number, ...key: readonly number[]): Uint8Array => {
  const random = rng("picture", ...key);
  return Uint8Array.from({ length: imageSize ** 2 * 3 }, () => random.integer(256));
};
const picture = (...key: readonly number[]): Picture => ({
  id: key.join("-"),
  pixels: async (imageSize) => noise(imageSize, ...key),
});

const judged = (index: number, pictures: number) => ({
  question: `${words[index]} dots`,
  kind: "dots",
  pictures: Array.from({ length: pictures }, (_, k) => picture(index, k)),
});

const dataset: PictureDataset = {
  name: "noise",
  answers,
  splits: { train: 8, val: 8 },
  longTexts: "error",
  forms: {
    captions: async (_, index) => ({ picture: picture(index), captions: [`${words[index % 8]} dots`] }),
    questions: async (_, index, n) => ({
      picture: picture(index),
      questions: Array.from({ length: n }, (_, i) => ({
        question: `how many dots ${words[i]}`,
        answer: answers[(index + i) % 8]!,
        kind: i === 0 ? "count" : "next",
      })),
    }),
    statements: async (_, index) => ({ ...judged(index, 2), answer: index % 2 === 0 ? "false" : "true" }),
    hypotheses: async (_, index) => ({
      ...judged(index, 1),
      answer: ["contradiction", "neutral", "entailment"][index % 3]!,
    }),
    references: async (_, index) => ({
      expression: words[index]!,
      kind: index < 4 ? "low" : "high",
      whole: async (imageSize) => {
        const side = 2 * imageSize;
        return { data: noise(side, index, 0), height: side, width: side, unit: [side, side] };
      },
      boxes: [0, 0.25, 0.5].slice(0, 2 + (index % 2)).map((x) => ({ x, y: x, width: 0.5, height: 0.25 })),
      target: index % 2,
    }),
  },
};

export interface SmallRunOptions {
  readonly kind: "meter" | "dual-encoder";
  readonly task: TaskConfig;
  readonly batch: number;
}

/** Opens such a run, its weights in a file of `folder`. */
export async function smallRun(folder: string, { kind, task, batch }: SmallRunOptions): Promise<RunWithData> {
  const tokenizer = loadTokenizer(wordPieceTokenizerJson([...wordPieceSpecials, ...words]));
  const vit = {
    ...blocks,
    kind: "vit" as const,
    colours: colours.halves,
    imageSize: 6,
    patch: 3,
    width: 6,
    heads: 3,
    hidden: 10,
    normFirst: false,
  };
  const bert = {
    ...blocks,
    kind: "bert" as const,
    norm: "post" as const,
    vocab: tokenizer.vocab,
    textLength: 9,
    positionOffset: 0,
    segments: 1,
  };
  const text = { ...bert, width: 8, heads: 2, hidden: 12 };
  const fusion = { ...blocks, norm: "pre", kind: "co-attention", width: 12, heads: 4, hidden: 14 } as const;
  const towers = { std: 0.5, image: vit, text };
  const decoder = { ...blocks, norm: "pre", heads: 2, hidden: 10 } as const;
  const model: RunConfig["model"] =
    kind === "meter"
      ? { kind, ...towers, fusion, pictures: 2, ...(task.kind === "captioning" && { decoder }) }
      : { kind, ...towers };
  const train = { batch, textLength: 7 } as TrainConfig;
  const config: RunConfig = {
    name: "small",
    model,
    task,
    data: { kind: "emoji-world", seed: 0, concepts: 32 },
    train,
  };
  const sizes = sizesOf(config, answers.length);
  const { parameters } = assemble(config, sizes);
  const weightsPath = join(folder, "model.safetensors");
  await rm(weightsPath, { force: true });
  await writeSafetensors(
    weightsPath,
    parameters.map(({ name, shape }) => {
      const random = rng("weights", name);
      const data = Float32Array.from({ length: sizeOf(shape) }, () => 0.5 * random.normal());
      return { name, dtype: "f32" as const, shape, data };
    }),
  );
  return {
    config,
    tokenizer,
    answers,
    source: { dataset, tokenizer },
    sizes,
    weightsPath,
    checkpoint: "final",
  };
}
