import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { writeFileAtomic } from "./atomic.ts";
import { openParquet } from "./parquet-file.ts";
import { type ParquetRow, parquetOutput } from "./write-parquet.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-parquet-"));
after(() => rmSync(folder, { recursive: true }));
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../test/fixtures/containers/${name}`, import.meta.url));
const { parquet: expected } = JSON.parse(readFileSync(fixture("expected.json"), "utf8"));

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

for (const name of ["none", "snappy", "gzip", "brotli", "pages-v2"]) {
  test(`every row of ${name}.parquet is what pyarrow wrote, in any order`, async () => {
    const file = await openParquet(fixture(`${name}.parquet`));
    assert.deepEqual(file.columns, Object.keys(expected[0]));
    const order = Array.from({ length: file.rows }, (_, i) => (i * 7) % file.rows);
    const rows = await Promise.all(order.map((index) => file.row(index, file.columns)));
    assert.deepEqual(
      rows.map(plain),
      order.map((index) => expected[index]),
    );
    assert.equal(file.rows, expected.length);
  });
}

test("what cannot be read is said", async () => {
  const zstd = await openParquet(fixture("zstd.parquet"));
  await assert.rejects(
    zstd.row(0, ["n"]),
    /row group 0 column n: .* got ZSTD; write the file again with snappy/,
  );
  await assert.rejects(openParquet(fixture("gnu.tar")), /footer != PAR1/);
  await assert.rejects(zstd.row(0, ["captoin"]), /did you mean caption\?/);
  await assert.rejects(zstd.row(23, ["n"]), /expected a row in \[0, 23\), got 23/);
});

test("a file cut anywhere is refused", async () => {
  const bytes = readFileSync(fixture("snappy.parquet"));
  const path = join(folder, "cut.parquet");
  for (let length = 0; length < bytes.length; length += 331) {
    writeFileSync(path, bytes.subarray(0, length));
    await assert.rejects(openParquet(path), { name: "BifocalError" }, `${length} bytes`);
  }
});

test("rows that are written come back, large groups page by page, and the same rows give the same bytes", async () => {
  const rows = Array.from({ length: 21 }, (_, i): ParquetRow => {
    const bytes = new Uint8Array(2 ** 20 + i).fill(i);
    const texts = Array.from({ length: i % 3 }, (_, j) => `t${i} ${j} é`);
    return { image: { bytes, path: `${i}.jpg` }, text: i % 5 === 0 ? undefined : `text ${i}`, texts };
  });
  const write = (path: string) =>
    writeFileAtomic(path, async (file) => {
      const output = parquetOutput(file, { image: "picture", text: "text", texts: "texts" });
      await output.writeGroup(rows.slice(0, 18));
      await output.writeGroup(rows.slice(18));
      await output.finish();
    });
  const [a, b] = [join(folder, "a.parquet"), join(folder, "b.parquet")];
  await write(a);
  await write(b);
  assert.ok(readFileSync(a).equals(readFileSync(b)));
  const file = await openParquet(a);
  assert.equal(file.rows, rows.length);
  for (const index of [20, 0, 17, 18, 5, 6]) {
    const { text = null, ...rest } = rows[index]!;
    assert.deepEqual(await file.row(index, ["image", "text", "texts"]), { ...rest, text });
  }
});
