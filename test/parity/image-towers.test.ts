/** Image towers out of published files, at another depth or picture size than the file's. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { evaluate } from "#src/backends/backend.ts";
import { defaultBackend } from "#src/backends/default.ts";
import { fillFrom } from "#src/checkpoints/fill.ts";
import { openPublished } from "#src/checkpoints/open-published.ts";
import { publishedTensors } from "#src/checkpoints/publish.ts";
import { rng } from "#src/core/rng.ts";
import { sizeOf } from "#src/core/shape.ts";
import { openSafetensors } from "#src/files/safetensors.ts";
import type { TensorFile } from "#src/files/tensor-file.ts";
import { graphOf } from "#src/graph/graph.ts";
import { apply } from "#src/graph/tensor.ts";
import { type ImageTowerConfig, imageTower } from "#src/models/encoders/index.ts";
import { families } from "#src/models/published/families.ts";
import { declare } from "#src/nn/scope.ts";

/** Loads a golden's tower with the changes asked for, and runs it on the golden's pictures. */
async function runTower(name: string, changes: (config: ImageTowerConfig) => Partial<ImageTowerConfig>) {
  const folder = join("test", "parity", "goldens", name);
  const { config, family } = await openPublished(folder);
  const source = family.image!(config, folder);
  const asked = { ...source.config, ...changes(source.config) } as ImageTowerConfig;
  const { model, parameters } = declare((at) => imageTower(at, asked));
  const weightsFile = await openSafetensors(join(folder, "model.safetensors"));
  const inputs = await openSafetensors(join(folder, "inputs.safetensors"));
  const outputs = await openSafetensors(join(folder, "outputs.safetensors"));
  try {
    const { weights, dropped } = await fillFrom(weightsFile, source.rules(asked), parameters, family.prefix);
    const { shape } = inputs.tensors.get("pixel_values")!;
    const state = model.encode({ pixels: apply("input", { name: "pixels", type: { dtype: "f32", shape } }) });
    const layers = Object.fromEntries(state.layers.map((layer, i) => [`hidden_states.${i}`, layer]));
    const pixels = Float32Array.from(await inputs.read("pixel_values"));
    const graph = graphOf({ patches: state.patches, pooled: state.pooled, ...layers });
    const found = await evaluate(defaultBackend, graph, { pixels, ...weights });
    const golden: Record<string, number[]> = {};
    for (const output of outputs.tensors.keys()) golden[output] = Array.from(await outputs.read(output));
    return { found, golden, dropped: [...dropped.keys()], layers: Object.keys(layers) };
  } finally {
    await Promise.all([weightsFile, inputs, outputs].map((file) => file.close()));
  }
}

function assertNear(got: ArrayLike<number>, expected: readonly number[]): void {
  assert.equal(got.length, expected.length);
  for (const [i, value] of expected.entries())
    assert.ok(Math.abs(got[i]! - value) < 2e-4, `[${i}]: expected ${value}, got ${got[i]}`);
}

test("blocks beyond the depth asked for are left out by name", async () => {
  for (const name of ["clip-vision-model", "beit-each", "dinov2-model", "siglip-vision-model"]) {
    const { found, golden, dropped, layers } = await runTower(name, (c) =>
      "depth" in c ? { depth: c.depth - 1 } : {},
    );
    assert.deepEqual(layers, ["hidden_states.0", "hidden_states.1", "hidden_states.2"]);
    assertNear(found["hidden_states.2"]!, golden["hidden_states.2"]!);
    assert.ok(
      dropped.every((tensor) => /layers?\.2\.|mask_token/.test(tensor)),
      dropped.join(),
    );
    assert.ok(dropped.length > 10);
  }
});

test("a tower made for other pictures has its positions resized once, as the class does at every picture", async () => {
  const sizes = {
    "vit-resized": [30, 18],
    "deit-resized": [30, 18],
    "clip-vision-resized": [28, 12],
    "dinov2-registers": [16, 36],
  } as const;
  for (const [name, imageSize] of Object.entries(sizes)) {
    const { found, golden, dropped } = await runTower(name, () => ({ imageSize }));
    assertNear(found["hidden_states.3"]!, golden["hidden_states.3"]!);
    assert.ok(
      dropped.every((tensor) => /pooler|mask_token/.test(tensor)),
      dropped.join(),
    );
  }
});

test("the summary is the published one where it is not projected", async () => {
  for (const name of [
    "beit-each",
    "beit-shared",
    "dinov2-model",
    "siglip-vision-model",
    "clip-vision-model",
  ]) {
    const { found, golden } = await runTower(name, () => ({}));
    assertNear(found.pooled!, golden.pooler_output!);
  }
});

test("BEiT's tower has its own norm, not that of the head which predicts visual words", async () => {
  const sizes = {
    hidden_size: 6,
    num_attention_heads: 3,
    intermediate_size: 5,
    image_size: 6,
    patch_size: 2,
  };
  const published = { ...sizes, architectures: ["BeitForMaskedImageModeling"], use_mean_pooling: false };
  const { config, rules } = families.beit!.image!(published, "beit");
  const { parameters } = declare((at) => imageTower(at, config));
  const random = rng("beit");
  const weights = Object.fromEntries(
    parameters.map(({ name, shape }) => [
      name,
      Float32Array.from({ length: sizeOf(shape) }, () => random.normal()),
    ]),
  );
  const head = { name: "layernorm.weight", dtype: "f32", shape: [6], data: new Float32Array(6) } as const;
  const stored = [...publishedTensors(rules(config), parameters, weights), head];
  const file = {
    path: "beit",
    tensors: new Map(stored.map((tensor) => [tensor.name, tensor])),
    read: async (name: string) => stored.find((tensor) => tensor.name === name)!.data,
  } as unknown as TensorFile;
  const filled = await fillFrom(file, rules(config), parameters, "beit");
  assert.deepEqual(filled.weights["norm.weight"], weights["norm.weight"]);
  assert.deepEqual([...filled.dropped.keys()], ["layernorm.weight"]);
});

test("BEiT's tables of distances change with the picture", async () => {
  const { found } = await runTower("beit-resized", () => ({ imageSize: [30, 18] }));
  assert.equal(found.patches!.length, 2 * (1 + 5 * 3) * 30);
});

test("the heads of other classes are left out", async () => {
  for (const name of [
    "deit-teacher",
    "beit-classifier",
    "mae-pretraining",
    "clip-vision-projection",
    "vit-classifier",
  ]) {
    const { dropped } = await runTower(name, () => ({}));
    assert.ok(
      dropped.some((tensor) => /classifier|decoder|projection/.test(tensor)),
      `${name}: ${dropped.join()}`,
    );
  }
});

test("the image tower of a whole model's file, and Swin's", async () => {
  const last = {
    "clip-model": "vision_model_output.hidden_states.2",
    "siglip-half": undefined,
    "flava-model-half": "image_output.hidden_states.2",
    "flava-pretraining": "image_output.hidden_states.2",
    "swin-model": "hidden_states.3",
    "swin-absolute": "hidden_states.3",
  };
  for (const [name, layer] of Object.entries(last)) {
    const { found, golden, layers } = await runTower(name, () => ({}));
    if (layer !== undefined) assertNear(found[layers.at(-1)!]!, golden[layer]!);
  }
});

test("Swin for other windows and other pictures, with fewer blocks", async () => {
  const { found, golden, dropped } = await runTower("swin-absolute", () => ({ depths: [1, 3, 1] }));
  assertNear(found["hidden_states.0"]!, golden["hidden_states.0"]!);
  assert.ok(
    dropped.every(
      (tensor) =>
        tensor.startsWith("swin.encoder.layers.0.blocks.1.") ||
        tensor.startsWith("encoder.layers.0.blocks.1."),
    ),
  );
  assert.equal(dropped.length, 17);
  const other = await runTower("swin-resized", () => ({ imageSize: [28, 20], window: 2 }));
  assertNear(other.found["hidden_states.0"]!, other.golden["hidden_states.0"]!);
});
