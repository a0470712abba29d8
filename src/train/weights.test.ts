import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type NamedTensor, openSafetensors, writeSafetensors } from "../files/safetensors.ts";
import { ones } from "../nn/init.ts";
import { declare } from "../nn/scope.ts";
import type { TrainConfig } from "./config.ts";
import { groupParameters } from "./groups.ts";
import { createStore, initializeStore, type ParameterStore } from "./parameter-store.ts";
import { readInto, startFrom } from "./weights.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifocal-weights-"));
});
after(() => rm(folder, { recursive: true }));

function storeOf(shapes: Readonly<Record<string, readonly number[]>>): ParameterStore {
  const { parameters } = declare((at) =>
    Object.entries(shapes).map(([name, shape]) => at.param(name, shape, ones)),
  );
  const store = createStore(
    parameters,
    groupParameters(parameters, { freeze: [], factors: [] } as unknown as TrainConfig),
  );
  initializeStore(store, parameters, 0);
  return store;
}

const filled = (name: string, value: number, ...shape: number[]): NamedTensor => ({
  name,
  dtype: "f32",
  shape,
  data: new Float32Array(shape.reduce((a, b) => a * b)).fill(value),
});

async function stored(...tensors: NamedTensor[]): Promise<string> {
  const path = join(folder, "model.safetensors");
  await rm(path, { force: true });
  await writeSafetensors(path, tensors);
  return path;
}

test("shared parts of the model and heads that fit are taken, the rest starts anew", async () => {
  await stored(
    filled("model.image.a", 2, 2, 3),
    filled("heads.itc.w", 3, 5),
    filled("heads.mlm.bias", 9, 5),
    filled("model.text.b", 4, 4),
    filled("model.fusion.x", 5, 1),
  );
  const store = storeOf({
    "model.text.b": [4],
    "heads.mlm.bias": [6],
    "heads.itc.w": [5],
    "model.image.a": [2, 3],
    "model.pool.c": [2],
  });
  await startFrom(folder, store);
  const values = Object.entries(store.weights).map(([name, [first]]) => [name, first]);
  assert.deepEqual(Object.fromEntries(values), {
    "model.text.b": 4,
    "heads.mlm.bias": 1,
    "heads.itc.w": 3,
    "model.image.a": 2,
    "model.pool.c": 1,
  });
});

test("a shared part of the model must fit in every name and shape, and nothing is read before it does", async () => {
  await stored(filled("model.image.a", 2, 3, 2), filled("model.image.c", 3, 4), filled("model.text.d", 3, 1));
  const store = storeOf({ "model.text.d": [1], "model.image.a": [2, 3], "model.image.b": [4] });
  await assert.rejects(startFrom(folder, store), (error: Error) => {
    assert.equal(error.name, "BifocalError");
    assert.match(error.message, /missing \(1\):\n {2}model\.image\.b/);
    assert.match(error.message, /unexpected \(1\):\n {2}model\.image\.c/);
    assert.match(error.message, /model\.image\.a: expected \[2, 3\], got \[3, 2\]/);
    return true;
  });
  assert.ok(store.flat.weights.every((value) => value === 0 || value === 1));
});

test("a run that shares no part of the model is refused", async () => {
  await stored(filled("heads.itc.w", 3, 5), filled("model.video.a", 2, 2));
  const store = storeOf({ "heads.itc.w": [5], "model.image.a": [2] });
  await assert.rejects(startFrom(folder, store), /expected one of the parts heads\.itc, model\.image, got/);
});

test("a whole checkpoint is read strictly, heads too", async () => {
  const file = await openSafetensors(await stored(filled("model.a", 2, 6), filled("heads.x", 4, 2)));
  try {
    const store = storeOf({ "model.a": [6] });
    await assert.rejects(readInto(file, store.model(), "step 3"), /step 3: .*\n.*unexpected[\s\S]*heads\.x/);
  } finally {
    await file.close();
  }
});
