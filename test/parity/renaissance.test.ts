/** Renaissance's own encoders under their original names, and one-tower models out of published towers. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { evaluate } from "#src/backends/backend.ts";
import { defaultBackend } from "#src/backends/default.ts";
import { fillFrom } from "#src/checkpoints/fill.ts";
import { openPublishedWeights } from "#src/checkpoints/load-published.ts";
import { openPublished } from "#src/checkpoints/open-published.ts";
import { openSafetensors } from "#src/files/safetensors.ts";
import { graphOf } from "#src/graph/graph.ts";
import { apply } from "#src/graph/tensor.ts";
import { colours } from "#src/models/colours.ts";
import type { FusionModel } from "#src/models/contracts.ts";
import { meter } from "#src/models/meter.ts";
import { type OneTowerConfig, oneTower } from "#src/models/one-tower.ts";
import {
  type PublishedPart,
  publishedBlocks,
  publishedPatches,
  publishedWords,
  towerBlocksOf,
} from "#src/models/one-tower.weights.ts";
import { families } from "#src/models/published/families.ts";
import type { Rule } from "#src/models/published/rules.ts";
import { originalOneTowerRules, originalTwoTowerRules } from "#src/models/renaissance.original.ts";
import { declare, type Scope } from "#src/nn/scope.ts";

const electra = {
  vocab_size: 37,
  embedding_size: 6,
  hidden_size: 10,
  num_hidden_layers: 3,
  num_attention_heads: 5,
  intermediate_size: 14,
  max_position_embeddings: 9,
};
const vit = {
  hidden_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 22,
  image_size: 12,
  patch_size: 4,
};
const text = families.electra!.text!(electra, "electra");
const image = families.vit!.image!(vit, "vit");
const vocabulary = {
  kind: "words",
  vocab: 37,
  textLength: 8,
  positionOffset: 0,
  segments: 0,
  dropout: 0,
  epsilon: 1e-12,
} as const;
const picture = { kind: "patches", imageSize: 12, patch: 4, dropout: 0, colours: colours.halves } as const;

const input = (name: string, dtype: "f32" | "i32" | "bool", shape: readonly number[]) =>
  apply("input", { name, type: { dtype, shape } });

/** The greatest difference, as a share of the greatest value. */
function distance(got: ArrayLike<number>, expected: readonly number[]): number {
  assert.equal(got.length, expected.length);
  const scale = Math.max(...expected.map(Math.abs));
  return Math.max(...expected.map((value, i) => Math.abs(value - got[i]!))) / scale;
}

/** With the texts' mask, whose outputs may have names of their own, or with all words kept. */
type Version = "given" | "masked" | "unmasked";

/** The states of a model filled from `test/parity/original/<name>`. */
async function compare(
  name: string,
  build: (at: Scope) => FusionModel,
  rules: readonly Rule[],
  versions: readonly Version[],
) {
  const folder = join("test", "parity", "original", name);
  const { model, parameters } = declare(build);
  const [weightsFile, inputs, outputs] = await Promise.all(
    ["model", "inputs", "outputs"].map((file) => openSafetensors(join(folder, `${file}.safetensors`))),
  );
  try {
    const { weights } = await fillFrom(weightsFile!, rules, parameters, "");
    const shapeOf = (key: string) => inputs!.tensors.get(key)!.shape;
    const keep = input("keep", "bool", shapeOf("keep"));
    const state = model.fuse(
      model.encodeImage({ pixels: input("pixels", "f32", shapeOf("pixels")) }),
      model.encodeText({ ids: input("ids", "i32", shapeOf("ids")), keep }),
    );
    const { words, patches, pooled } = state;
    const graph = graphOf({ words, patches, pooled });
    const read = async (key: string) => Array.from(await inputs!.read(key));
    const leaves = {
      ...weights,
      pixels: Float32Array.from(await read("pixels")),
      ids: Int32Array.from(await read("ids")),
    };
    const mask = Uint8Array.from(await read("keep"));
    const everything = mask.map(() => 1);
    for (const version of versions) {
      const got = await evaluate(defaultBackend, graph, {
        ...leaves,
        keep: version === "unmasked" ? everything : mask,
      });
      for (const [key, values] of Object.entries(got)) {
        const stored = version === "masked" ? `masked.${key}` : key;
        const off = distance(values, Array.from(await outputs!.read(stored)));
        assert.ok(off < 1e-5, `${key}, ${version}: ${off} of the greatest value off`);
      }
    }
  } finally {
    await Promise.all([weightsFile, inputs, outputs].map((file) => file!.close()));
  }
}

void test("two towers and LXMERT's cross layers, padding masked", async () => {
  const fusion = {
    depth: 3,
    width: 8,
    heads: 2,
    hidden: 24,
    activation: "exact",
    norm: "post",
    dropout: 0,
    epsilon: 1e-12,
  } as const;
  const config = {
    image: image.config,
    text: text.config,
    fusion: { kind: "lxmert-cross", ...fusion },
  } as const;
  const rules = originalTwoTowerRules(image.rules(image.config), text.rules(text.config));
  await compare("renaissance-two-tower", (at) => meter(at, config), rules, ["given"]);
});

const onElectra: OneTowerConfig = {
  image: { ...picture, width: 6 },
  text: { ...vocabulary, width: 6 },
  tower: towerBlocksOf(text.config, "tower"),
  pooler: "double",
};
const onVit: OneTowerConfig = {
  image: { ...picture, width: 12 },
  text: { ...vocabulary, width: 12 },
  tower: towerBlocksOf(image.config, "tower"),
  pooler: "single",
};

void test("one tower on ELECTRA's blocks, all words attended to as in the original, and padding masked", async () => {
  const blocks = publishedBlocks(text, onElectra).rules;
  const rules = originalOneTowerRules(onElectra, blocks);
  await compare("renaissance-one-tower-electra", (at) => oneTower(at, onElectra), rules, [
    "unmasked",
    "masked",
  ]);
});

void test("one tower on ViT's blocks, one pooler", async () => {
  const rules = originalOneTowerRules(onVit, publishedBlocks(image, onVit).rules);
  await compare("renaissance-one-tower-vit", (at) => oneTower(at, onVit), rules, ["unmasked"]);
});

/** What a one-tower model says of one modality alone, filled with parts of published models and marks of zero. */
async function readAlone(
  config: OneTowerConfig,
  parts: readonly { readonly golden: string; readonly part: PublishedPart }[],
  shapes: { readonly pixels?: readonly number[]; readonly ids?: readonly number[] },
  leaves: Readonly<Record<string, Float32Array | Int32Array | Uint8Array>>,
) {
  const { model, parameters } = declare((at) => oneTower(at, config));
  const weights: Record<string, Float32Array> = {
    kinds: new Float32Array(2 * config.text.width),
  };
  for (const { golden, part } of parts) {
    const published = await openPublished(join("test", "parity", "goldens", golden));
    const file = await openPublishedWeights(published);
    const wanted = parameters.filter(({ name }) => part.fills(name));
    const filled = await fillFrom(file, part.rules, wanted, published.family.prefix).finally(() =>
      file.close(),
    );
    Object.assign(weights, filled.weights);
  }
  const state =
    shapes.pixels !== undefined
      ? { seen: model.encodeImage({ pixels: input("pixels", "f32", shapes.pixels) }).patches }
      : {
          seen: model.encodeText({
            ids: input("ids", "i32", shapes.ids!),
            keep: input("keep", "bool", shapes.ids!),
            segments: input("segments", "i32", shapes.ids!),
          }).words,
        };
  const graph = graphOf(state);
  const used = Object.fromEntries(Object.keys(graph.parameters).map((name) => [name, weights[name]!]));
  const { seen } = await evaluate(defaultBackend, graph, { ...leaves, ...used });
  return seen!;
}

/** A golden's input or output. */
async function golden(name: string, file: "inputs" | "outputs", tensor: string) {
  const open = await openSafetensors(join("test", "parity", "goldens", name, `${file}.safetensors`));
  try {
    return { shape: open.tensors.get(tensor)!.shape, values: Array.from(await open.read(tensor)) };
  } finally {
    await open.close();
  }
}

void test("with ELECTRA's blocks and embeddings, texts alone are what ELECTRA makes of them", async () => {
  const { config } = await openPublished(join("test", "parity", "goldens", "electra-model"));
  const source = families.electra!.text!(config, "electra-model");
  assert.ok(source.config.kind === "bert");
  const { vocab, textLength, positionOffset, segments, dropout, epsilon, embeddingWidth } = source.config;
  assert.ok(embeddingWidth !== undefined);
  const tower = towerBlocksOf(source.config, "tower");
  const asked: OneTowerConfig = {
    ...onElectra,
    image: { ...picture, width: embeddingWidth },
    text: {
      kind: "words",
      width: embeddingWidth,
      vocab,
      textLength,
      positionOffset,
      segments,
      dropout,
      epsilon,
    },
    tower,
  };
  const [ids, keep, rows, expected] = await Promise.all([
    golden("electra-model", "inputs", "input_ids"),
    golden("electra-model", "inputs", "attention_mask"),
    golden("electra-model", "inputs", "token_type_ids"),
    golden("electra-model", "outputs", "last_hidden_state"),
  ]);
  const parts = [publishedBlocks(source, asked), publishedWords(source, asked)];
  const seen = await readAlone(
    asked,
    parts.map((part) => ({ golden: "electra-model", part })),
    { ids: ids.shape },
    {
      ids: Int32Array.from(ids.values),
      keep: Uint8Array.from(keep.values),
      segments: Int32Array.from(rows.values),
    },
  );
  assert.ok(distance(seen, expected.values) < 1e-5);
});

void test("with ViT's blocks, embedding and last norm, pictures alone are what ViT makes of them", async () => {
  const { config } = await openPublished(join("test", "parity", "goldens", "vit-model"));
  const source = families.vit!.image!(config, "vit-model");
  assert.ok(source.config.kind === "vit");
  const tower = { ...towerBlocksOf(source.config, "tower"), finalNorm: "tokens" } as const;
  const { imageSize, patch, width } = source.config;
  const asked: OneTowerConfig = {
    ...onVit,
    image: { ...picture, imageSize, patch, width },
    text: { ...onVit.text, width },
    tower,
  };
  const [pixels, expected] = await Promise.all([
    golden("vit-model", "inputs", "pixel_values"),
    golden("vit-model", "outputs", "last_hidden_state"),
  ]);
  const parts = [publishedBlocks(source, asked), publishedPatches(source, asked)];
  const seen = await readAlone(
    asked,
    parts.map((part) => ({ golden: "vit-model", part })),
    { pixels: pixels.shape },
    { pixels: Float32Array.from(pixels.values) },
  );
  assert.ok(distance(seen, expected.values) < 1e-5);
});

void test("towers whose blocks know places, and a last norm behind post-norm blocks, are refused", () => {
  const swin = families.swin!.image!({ embed_dim: 6, depths: [1], num_heads: [1] }, "swin").config;
  assert.throws(
    () => towerBlocksOf(swin, "model.tower"),
    /model.tower: expected a stack of blocks.*got swin/,
  );
  const twice = { ...onElectra, tower: { ...onElectra.tower, finalNorm: "tokens" } } as const;
  assert.throws(() => declare((at) => oneTower(at, twice)), /tower.finalNorm: expected none/);
});
