import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { BifocalError } from "../core/index.ts";
import { openSafetensors, writeSafetensors } from "./safetensors.ts";
import { openSharded } from "./sharded.ts";

const root = mkdtempSync(join(tmpdir(), "bifocal-sharded-"));
after(() => rmSync(root, { recursive: true }));

/** A folder with two shards, x and y in one, z in two, and the index given. */
async function folderOf(index: unknown, folder = mkdtempSync(join(root, "folder-"))): Promise<string> {
  const tensor = (name: string, value: number) =>
    ({ name, dtype: "f32", shape: [1], data: Float32Array.of(value) }) as const;
  await writeSafetensors(join(folder, "one.safetensors"), [tensor("x", 1), tensor("y", 2)]);
  await writeSafetensors(join(folder, "two.safetensors"), [tensor("z", 3)]);
  const path = join(folder, "model.safetensors.index.json");
  writeFileSync(path, typeof index === "string" ? index : JSON.stringify(index));
  return path;
}

const one = "one.safetensors";
const two = "two.safetensors";
const good = { metadata: { total_size: 12 }, weight_map: { z: two, x: one, y: one } };

test("an index opens its shards as one file in its own order", async () => {
  const file = await openSharded(await folderOf(good), openSafetensors);
  assert.deepEqual([...file.tensors.keys()], ["z", "x", "y"]);
  assert.deepEqual(await file.read("y"), Float32Array.of(2));
  const target = new Float32Array(1);
  await file.readInto("z", target);
  assert.deepEqual(target, Float32Array.of(3));
  await file.close();
});

test("an index that is wrong, or leads out of its folder, is refused", async () => {
  const outside = mkdtempSync(join(root, "outside-"));
  await folderOf(good, outside);
  const linked = await folderOf({ weight_map: { x: "link.safetensors", y: "link.safetensors" } });
  symlinkSync(join(outside, one), join(linked, "../link.safetensors"));
  const map = (weights: object) => folderOf({ weight_map: weights });
  const cases: [string, RegExp][] = [
    [await folderOf("{"), /expected JSON {"weight_map": {tensor: file}}, got "{"/],
    [await folderOf({ weight_map: [one] }), /expected JSON/],
    [await map({ x: 1 }), /at x: expected a file name, got number/],
    [await folderOf(`{"weight_map":{"z":"${two}","z":"${two}"}}`), /each name once, got z twice/],
    [await map({ x: `../${one}` }), /files beside the index, got "\.\.\/one/],
    [await map({ x: join(outside, one) }), /files beside the index/],
    [await map({ x: "..\\one.safetensors" }), /files beside the index/],
    [await map({ x: ".." }), /files beside the index, got "\.\."/],
    [await map({ x: "" }), /files beside the index, got ""/],
    [await map({ x: "three.safetensors" }), /expected a file three.safetensors beside it, got ENOENT/],
    [await map({ ...good.weight_map, w: two }), /two.safetensors: .*missing \(1\):\n {2}w/s],
    [await map({ z: two, x: one }), /one.safetensors: .*not in the index \(1\):\n {2}y/s],
    [join(root, "none.index.json"), /ENOENT/],
  ];
  for (const [path, message] of cases) {
    await assert.rejects(openSharded(path, openSafetensors), (error: unknown) => {
      assert.ok(error instanceof BifocalError, String(error));
      assert.equal(error.fields.code, "checkpoint");
      assert.match(error.message, message);
      return true;
    });
  }
});

test("links to another folder are refused but in a hub's cache", async () => {
  const folder = mkdtempSync(join(root, "cache-"));
  const blobs = join(folder, "blobs");
  const snapshot = join(folder, "snapshots", "abc");
  const elsewhere = join(folder, "elsewhere");
  for (const path of [blobs, snapshot, elsewhere]) mkdirSync(path, { recursive: true });
  await folderOf(good, blobs);
  const index = join(snapshot, "model.safetensors.index.json");
  writeFileSync(index, JSON.stringify(good));
  for (const name of [one, two]) symlinkSync(join("../../blobs", name), join(snapshot, name));
  const file = await openSharded(index, openSafetensors);
  assert.deepEqual(await file.read("x"), Float32Array.of(1));
  await file.close();

  await folderOf(good, elsewhere);
  rmSync(join(snapshot, two));
  symlinkSync(join(elsewhere, two), join(snapshot, two));
  await assert.rejects(openSharded(index, openSafetensors), /two.safetensors, a link to another folder/);
});
