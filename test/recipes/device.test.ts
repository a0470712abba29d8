/** Training where the device has memory of its own gives what training on the arrays gives. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Backend } from "#src/backends/backend.ts";
import { parseDevice } from "#src/backends/torch/device.ts";
import { startTorch } from "#src/backends/torch/engine.ts";
import { torchBackend, torchBackendOn } from "#src/backends/torch/index.ts";
import { torchMissing } from "#src/backends/torch/torch-missing.ts";
import { openSafetensors } from "#src/files/safetensors.ts";
import { meterTiny } from "#src/recipes/meter-tiny.ts";
import { configOf } from "#src/recipes/recipe.ts";
import type { RunConfig } from "#src/train/config.ts";
import { train } from "#src/train/trainer.ts";

const small = { width: 16, heads: 2, hidden: 32, depth: 1 };
const tiny = configOf(meterTiny);
assert.ok(tiny.model.kind === "meter" && tiny.model.image.kind === "vit" && tiny.model.text.kind === "bert");
const config: RunConfig = {
  ...tiny,
  model: {
    ...tiny.model,
    std: 0.2,
    image: { ...tiny.model.image, ...small, imageSize: 16, patch: 8 },
    text: { ...tiny.model.text, ...small },
    fusion: { ...tiny.model.fusion, ...small },
  },
  train: {
    ...tiny.train,
    steps: 3,
    batch: 4,
    accumulate: 2,
    freeze: ["model.text"],
    validation: { every: 3, batches: 1 },
    checkpoint: { every: 3, keep: 1 },
  },
};

test("weights on the device are trained, and stored as they are there", {
  skip: torchMissing(),
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "bifocal-device-"));
  const trained = async (name: string, backend: Backend) => {
    const out = join(folder, name);
    const options = { resume: false, from: undefined, signal: new AbortController().signal };
    const { best } = await train({ config, out, backend, ...options });
    const file = await openSafetensors(join(out, "model.safetensors"));
    const weights = new Map<string, ArrayLike<number>>();
    for (const [tensor] of file.tensors) weights.set(tensor, await file.read(tensor));
    await file.close();
    return { best, weights };
  };
  try {
    const here = await trained("arrays", torchBackend("cpu"));
    const there = await trained("device", torchBackendOn(startTorch(parseDevice("cpu"), false)));
    assert.ok(Math.abs(here.best!.value - there.best!.value) < 1e-4);
    let nonZero = 0;
    for (const [name, values] of here.weights) {
      const got = there.weights.get(name)!;
      for (let i = 0; i < values.length; i++) {
        assert.ok(Math.abs(values[i]! - got[i]!) < 1e-5, `${name}[${i}]: ${got[i]} for ${values[i]}`);
        nonZero += Number(values[i] !== 0);
      }
    }
    assert.ok(nonZero > 1000);
  } finally {
    await rm(folder, { recursive: true });
  }
});
