import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openRowStore } from "./row-store.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-rows-"));
test.after(() => rmSync(folder, { recursive: true }));

const key = (i: number) => `${i}`.repeat(64);
const row = Float32Array.from({ length: 7 }, (_, i) => i / 3);
const fileBytes = 7 * 4 + 32;

test("what one writes another reads, to the bit, and nothing else", async () => {
  const place = join(folder, "shared");
  const [one, other] = [await openRowStore(place, 1e6), await openRowStore(place, 1e6)];
  assert.equal(await other.read(key(1)), undefined);
  await Promise.all([
    one.write(key(1), row),
    other.write(key(1), row),
    one.write(
      key(2),
      row.map((x) => -x),
    ),
  ]);
  assert.deepEqual(await other.read(key(1)), row);
  assert.deepEqual((await one.read(key(2)))![3], -1);
  assert.equal((await openRowStore(place, 1e6)).bytes, 2 * fileBytes);
});

test("half a row, a changed one and what a killed writer left are no rows", async () => {
  const place = join(folder, "damaged");
  const store = await openRowStore(place, 1e6);
  for (const i of [1, 2]) await store.write(key(i), row);
  const path = (i: number) => join(place, key(i).slice(0, 2), key(i).slice(2));
  truncateSync(path(1), fileBytes - 3);
  const bytes = readFileSync(path(2));
  bytes[5]! ^= 1;
  writeFileSync(path(2), bytes);
  writeFileSync(`${path(3).replace(/33\//, "11/")}.killed`, bytes);
  for (const i of [1, 2, 3]) assert.equal(await store.read(key(i)), undefined, `row ${i}`);
  await store.write(key(2), row);
  assert.deepEqual(await store.read(key(2)), row);
});

test("a full store takes nothing more, whoever filled it", async () => {
  const place = join(folder, "full");
  const limit = 3 * fileBytes + 10;
  const [one, other] = [await openRowStore(place, limit), await openRowStore(place, limit)];
  for (const i of [1, 2, 3, 4]) await (i % 2 ? one : other).write(key(i), row);
  await one.write(key(5), row);
  const files = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  assert.equal(files.length, 3);
  assert.deepEqual(await one.read(key(3)), row);
});
