import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openWeights } from "./open-weights.ts";
import type { NamedTensor } from "./safetensors.ts";
import { writeSharded } from "./write-sharded.ts";

const root = mkdtempSync(join(tmpdir(), "bifocal-write-sharded-"));
after(() => rmSync(root, { recursive: true }));
const fresh = () => mkdtempSync(join(root, "folder-"));

const tensors: NamedTensor[] = [
  { name: "a", dtype: "f32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  { name: "b", dtype: "f32", shape: [1], data: Float32Array.of(-7) },
  { name: "large", dtype: "f32", shape: [40], data: new Float32Array(40).fill(0.5) },
  { name: "ids", dtype: "i64", shape: [2], data: Int32Array.of(8, -9) },
];

test("weights beyond the limit become shards and read back as one", async () => {
  const folder = fresh();
  const written = await writeSharded(folder, tensors, { maxShardBytes: 30, dtype: "f32" });
  assert.deepEqual(written, [
    "model-00001-of-00003.safetensors",
    "model-00002-of-00003.safetensors",
    "model-00003-of-00003.safetensors",
    "model.safetensors.index.json",
  ]);
  assert.deepEqual(readdirSync(folder).sort(), written);
  const index = JSON.parse(readFileSync(join(folder, "model.safetensors.index.json"), "utf8"));
  assert.deepEqual(index.metadata, { total_size: 24 + 4 + 160 + 16 });
  assert.equal(index.weight_map.b, written[0]);
  const file = await openWeights(folder);
  assert.deepEqual([...file.tensors.keys()], ["a", "b", "large", "ids"]);
  for (const { name, data, shape } of tensors) {
    assert.deepEqual(await file.read(name), data);
    assert.deepEqual(file.tensors.get(name)?.shape, shape);
  }
  await assert.rejects(file.read("c"), /index.json: expected a tensor named c, got 4 tensors without it/);
  await file.close();
});

test("weights within the limit are one file, of the type asked for", async () => {
  const folder = fresh();
  const written = await writeSharded(folder, tensors, { maxShardBytes: 47 * 2 + 16, dtype: "bf16" });
  assert.deepEqual(written, ["model.safetensors"]);
  const file = await openWeights(folder);
  assert.deepEqual(
    [...file.tensors.values()].map(({ dtype }) => dtype),
    ["bf16", "bf16", "bf16", "i64"],
  );
  assert.deepEqual(await file.read("b"), Float32Array.of(-7));
  await file.close();
  await assert.rejects(
    writeSharded(folder, tensors, { maxShardBytes: 30, dtype: "f32" }),
    /expected a folder without weights, got model.safetensors; delete them/,
  );
});
