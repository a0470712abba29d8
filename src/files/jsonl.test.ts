import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openJsonl, readJsonl, truncateJsonl } from "./jsonl.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-jsonl-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;
const fresh = () => join(folder, `${count++}.jsonl`);

test("records come back in order, over several openings", async () => {
  const path = fresh();
  for (const step of [1, 2]) {
    const file = openJsonl(path);
    file.append({ step, text: "zwei\nZeilen", inner: { x: [1, null] } });
    file.append({ step, loss: Number.NaN, most: Number.NEGATIVE_INFINITY });
    file.close();
  }
  const { records, torn } = await readJsonl(path);
  assert.equal(torn, false);
  assert.equal(records.length, 4);
  assert.deepEqual(records[2], { step: 2, text: "zwei\nZeilen", inner: { x: [1, null] } });
  assert.deepEqual(records[1], { step: 1, loss: "NaN", most: "-Infinity" });
});

test("a file cut at any byte gives its whole records and says when one is torn", async () => {
  const path = fresh();
  const lines = ['{"step":1,"n":"é"}', '{"step":2}'];
  const bytes = Buffer.from(`${lines.join("\n")}\n`);
  const firstEnd = Buffer.byteLength(lines[0]!);
  for (let length = 0; length <= bytes.length; length++) {
    writeFileSync(path, bytes.subarray(0, length));
    const { records, torn } = await readJsonl(path);
    // a line that lacks only its break is a whole record
    const whole = length >= bytes.length - 1 ? 2 : length >= firstEnd ? 1 : 0;
    const atBoundary = [0, firstEnd, firstEnd + 1, bytes.length - 1, bytes.length].includes(length);
    assert.equal(records.length, whole, `cut at ${length}`);
    assert.equal(torn, !atBoundary, `cut at ${length}`);
  }
});

test("a broken line elsewhere is an error with its number", async () => {
  const path = fresh();
  writeFileSync(path, '{"step":1}\n{"step":\n{"step":3}\n');
  await assert.rejects(readJsonl(path), /line 2: expected a JSON object, got "\{\\"step\\":"/);
  writeFileSync(path, '{"step":1}\n17\n');
  await assert.rejects(readJsonl(path), /line 2/);
  await assert.rejects(readJsonl(join(folder, "missing")), /missing: expected a JSON lines file/);
});

test("truncation keeps the steps up to a checkpoint and mends a torn end", async () => {
  const path = fresh();
  const before = '{"step":1,"loss":0.1}\n{"step":2,"loss":"NaN"}\n';
  writeFileSync(path, `${before}{"step":3}\n{"step":4}\n{"st`);
  assert.throws(() => openJsonl(path), /torn last line/);
  assert.deepEqual(await truncateJsonl(path, 2), { dropped: 2, torn: true });
  assert.equal(readFileSync(path, "utf8"), before);
  const file = openJsonl(path);
  file.append({ step: 3 });
  file.close();
  assert.equal(readFileSync(path, "utf8"), `${before}{"step":3}\n`);
  assert.deepEqual(await truncateJsonl(join(folder, "missing"), 2), { dropped: 0, torn: false });
  writeFileSync(path, '{"epoch":3}\n');
  await assert.rejects(truncateJsonl(path, 2), /line 1: expected a number named step/);
});
