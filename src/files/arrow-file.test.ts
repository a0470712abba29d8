import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openArrowFile } from "./arrow-file.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-arrow-"));
after(() => rmSync(folder, { recursive: true }));
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../test/fixtures/containers/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(fixture("expected.json"), "utf8"));

/** As the fixtures' script writes values to JSON. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { hex: Buffer.from(value).toString("hex") };
  if (Number.isNaN(value)) return "NaN";
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]));
}

for (const name of ["captions", "sliced", "empty", "questions", "held-back", "types", "types-v4"]) {
  test(`every row of ${name}.arrow is what pyarrow reads, in any order`, async () => {
    const file = await openArrowFile(fixture(`${name}.arrow`));
    const rows = expected[`${name}.arrow`];
    assert.equal(file.rows, rows.length);
    const columns = file.fields.map((field) => field.name).filter((column) => column !== "when");
    for (let index = file.rows - 1; index >= 0; index--) {
      assert.deepEqual(plain(await file.row(index, columns)), rows[index], `row ${index}`);
    }
  });
}

test("the ends of lists count across batches, null as empty", async () => {
  const captions = await openArrowFile(fixture("captions.arrow"));
  assert.deepEqual([...(await captions.listEnds("caption"))], [0, 1, 3, 6, 6, 7, 9]);
  const types = await openArrowFile(fixture("types.arrow"));
  assert.deepEqual([...(await types.listEnds("large_list"))], [2, 2, 2]);
});

test("what cannot be read is said", async () => {
  await assert.rejects(
    openArrowFile(fixture("compressed.arrow")),
    /got compressed ones, of which no single row/,
  );
  await assert.rejects(
    openArrowFile(fixture("stream.arrow")),
    /expected an Arrow file, got an Arrow stream; write/,
  );
  await assert.rejects(openArrowFile(fixture("gnu.tar")), /got another kind of file/);
  await assert.rejects(openArrowFile(join(folder, "none")), /ENOENT/);
  const types = await openArrowFile(fixture("types.arrow"));
  await assert.rejects(types.row(0, ["when"]), /row 0 column when: .* got timestamp/);
  assert.throws(() => types.row(0, ["flog"]), /did you mean flag\?/);
  assert.throws(() => types.row(3, ["flag"]), /expected a row in \[0, 3\), got 3/);
  await assert.rejects(types.listEnds("flag"), /expected a list, got bool/);
});

test("a file cut anywhere is refused", async () => {
  const bytes = readFileSync(fixture("captions.arrow"));
  const path = join(folder, "cut.arrow");
  for (let length = 0; length < bytes.length; length += 97) {
    writeFileSync(path, bytes.subarray(0, length));
    await assert.rejects(openArrowFile(path), { name: "BifocalError" }, `${length} bytes`);
  }
});

test("a file that changes after it was opened is refused", async () => {
  const path = join(folder, "changing.arrow");
  writeFileSync(path, readFileSync(fixture("captions.arrow")));
  const file = await openArrowFile(path);
  truncateSync(path, 3000);
  await assert.rejects(file.row(0, ["image"]), /as when it was opened, got 3000/);
});
