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
import { createStore, initializeStore } from "./parameter-store.ts";
import { readInto, startFrom } from "./weights.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifocal-weights-"));
});
after(() => rm(folder, { recursive: true }));

function storeOf(shapes: Readonly<Record<string, readonly number[]>>) {
  const { parameters } = declare((at) =>
    Object.entries(shapes).map(([name, shape]) => {
      const places =
        name.endsWith("positions") && ({ of: "places", others: 1, interpolation: "bilinear" } as const);
      const distances = name.endsWith("relative") && ({ of: "distances", others: 3 } as const);
      const kinds = name.endsWith("kinds") && ({ of: "kinds" } as const);
      return at.param(name, shape, ones, places || distances || kinds || undefined);
    }),
  );
  const store = createStore(
    parameters,
    groupParameters(parameters, { freeze: [], factors: [] } as unknown as TrainConfig),
  );
  initializeStore(store, parameters, 0);
  return { store, parameters };
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
  const { store, parameters } = storeOf({
    "model.text.b": [4],
    "heads.mlm.bias": [6],
    "heads.itc.w": [5],
    "model.image.a": [2, 3],
    "model.pool.c": [2],
  });
  await startFrom(folder, store, parameters);
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
  const { store, parameters } = storeOf({
    "model.text.d": [1],
    "model.image.a": [2, 3],
    "model.image.b": [4],
  });
  await assert.rejects(startFrom(folder, store, parameters), (error: Error) => {
    assert.equal(error.name, "BifocalError");
    assert.match(error.message, /missing \(1\):\n {2}model\.image\.b/);
    assert.match(error.message, /unexpected \(1\):\n {2}model\.image\.c/);
    assert.match(error.message, /model\.image\.a: expected \[2, 3\], got \[3, 2\]/);
    return true;
  });
  assert.ok(store.flat.weights.every((value) => value === 0 || value === 1));
});

test("position tables are resized for pictures of another size, other tables are not", async () => {
  const places = Float32Array.from([9, 9, 1, 2, 1, 2, 3, 2, 3, 2]); // a special row, then a grid of 2 x 2
  const positions: NamedTensor = { name: "model.image.positions", dtype: "f32", shape: [5, 2], data: places };
  const relative = filled("model.image.relative", 7, 5 * 5 + 3, 3);
  await stored(positions, relative);
  const { store, parameters } = storeOf({
    "model.image.positions": [1 + 4 * 4, 2],
    "model.image.relative": [7 * 7 + 3, 3],
  });
  await startFrom(folder, store, parameters);
  const rows = Array.from({ length: 17 }, (_, i) =>
    Array.from(store.weights["model.image.positions"]!.subarray(2 * i, 2 * i + 2)),
  );
  assert.deepEqual(rows[0], [9, 9]);
  const column = [1, 5, 9, 13].map((row) => rows[row]![0]);
  assert.deepEqual(column, [1, 1.5, 2.5, 3]);
  assert.ok(rows.slice(1).every((row) => row[1] === 2));
  assert.ok(store.weights["model.image.relative"]!.every((value) => Math.abs(value - 7) < 1e-5));

  await stored(positions, filled("model.image.a", 1, 5, 2));
  const other = storeOf({ "model.image.positions": [17, 2], "model.image.a": [17, 2] });
  await assert.rejects(
    startFrom(folder, other.store, other.parameters),
    /shape \(1\):\n {2}model\.image\.a: expected \[17, 2\]/,
  );
  const wider = storeOf({ "model.image.positions": [17, 3], "model.image.a": [5, 2] });
  await assert.rejects(
    startFrom(folder, wider.store, wider.parameters),
    /model\.image\.positions: expected \[17, 3\], got \[5, 2\]/,
  );
});

test("paths that were renamed are taken under their names here", async () => {
  await stored(
    filled("model.image.blocks.3.feed.up", 2, 3),
    filled("model.image.blocks.10.feed.up", 4, 3),
    filled("model.words", 6, 2),
  );
  const { store, parameters } = storeOf({
    "model.blocks.3.patches.up": [3],
    "model.blocks.10.patches.up": [3],
    "model.words": [2],
  });
  await startFrom(folder, store, parameters, [
    { path: "model.image.blocks.*.feed", to: "model.blocks.*.patches" },
  ]);
  assert.deepEqual(
    Object.values(store.weights).map(([first]) => first),
    [2, 4, 6],
  );
});

test("a run that shares no part of the model is refused", async () => {
  await stored(filled("heads.itc.w", 3, 5), filled("model.video.a", 2, 2));
  const { store, parameters } = storeOf({ "heads.itc.w": [5], "model.image.a": [2] });
  await assert.rejects(
    startFrom(folder, store, parameters),
    /expected one of the parts heads\.itc, model\.image, got/,
  );
});

test("a whole checkpoint is read strictly, heads too", async () => {
  const file = await openSafetensors(await stored(filled("model.a", 2, 6), filled("heads.x", 4, 2)));
  try {
    const { store } = storeOf({ "model.a": [6] });
    await assert.rejects(readInto(file, store.model(), "step 3"), /step 3: .*\n.*unexpected[\s\S]*heads\.x/);
  } finally {
    await file.close();
  }
});

test("the mark of a second picture starts as that of the first; marks are never dropped", async () => {
  const marks: NamedTensor = {
    name: "model.kinds",
    dtype: "f32",
    shape: [2, 3],
    data: Float32Array.of(1, 2, 3, 4, 5, 6),
  };
  await stored(marks);
  const { store, parameters } = storeOf({ "model.kinds": [3, 3] });
  await startFrom(folder, store, parameters);
  assert.deepEqual([...store.weights["model.kinds"]!], [1, 2, 3, 4, 5, 6, 4, 5, 6]);
  const fewer = storeOf({ "model.kinds": [1, 3] });
  await assert.rejects(startFrom(folder, fewer.store, fewer.parameters), /model.kinds/);
});
