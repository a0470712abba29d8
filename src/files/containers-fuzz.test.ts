import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BifocalError, type Rng, rng } from "../core/index.ts";
import { openArrowFile } from "./arrow-file.ts";
import { openCsv } from "./csv.ts";
import { openParquet } from "./parquet-file.ts";
import { openTarShards } from "./webdataset.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-containers-"));
after(() => rmSync(folder, { recursive: true }));
const rounds = 250;
/** What a reader may take beyond what the test runner has; the files are of kilobytes. */
const maxMebibytes = 1024;

const edges = [0n, 1n, 0x7fn, 0xffn, 0xffffn, 0x7fffffffn, 0xffffffffn, 2n ** 60n, 2n ** 63n, 2n ** 64n - 1n];

/** One to four changes: bits, bytes, edge values, cuts, repetitions, exchanges. */
function mutated(bytes: Buffer, draws: Rng): Buffer {
  let result = Buffer.from(bytes);
  for (let left = 1 + draws.integer(4); left > 0 && result.length > 16; left--) {
    const at = draws.integer(result.length - 8);
    const length = 1 + draws.integer(Math.min(64, result.length - at));
    const kind = draws.integer(8);
    if (kind < 2) result[at] = result[at]! ^ (1 << draws.integer(8));
    else if (kind === 2) result[at] = draws.integer(256);
    else if (kind === 3) result.writeBigUInt64LE(draws.pick(edges), at);
    else if (kind === 4) result.writeUInt32LE(Number(draws.pick(edges) & 0xffffffffn), at);
    else if (kind === 5)
      result = draws.integer(4) === 0 ? result.subarray(0, at) : result.fill(48, at, at + length);
    else if (kind === 6) result.copyWithin(at, draws.integer(result.length - length), at + length);
    else result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)]);
  }
  return result;
}

type Reader = (path: string) => Promise<void>;

const readers: Readonly<Record<string, Reader>> = {
  arrow: async (path) => {
    const file = await openArrowFile(path);
    const names = file.fields.filter(({ type }) => type.kind !== "other").map(({ name }) => name);
    for (let row = 0; row < Math.min(file.rows, 30); row++) await file.row(row, names);
    for (const { name, type } of file.fields) if (type.kind === "list") await file.listEnds(name);
  },
  parquet: async (path) => {
    const file = await openParquet(path);
    for (let row = 0; row < Math.min(file.rows, 30); row++) await file.row(row, file.columns);
  },
  tar: async (path) => {
    const { size, sample } = await openTarShards([path]);
    for (let index = 0; index < size; index++) {
      const { parts } = await sample(index);
      for (const part of parts.values()) await part.read();
    }
  },
  csv: async (path) => {
    const table = await openCsv(path);
    for (let row = 0; row < table.size; row++) await table.get(row);
  },
};

async function fuzz(name: string, bytes: Buffer, read: Reader): Promise<void> {
  const path = join(folder, `damaged-${name}`);
  const refusals = new Set<string>();
  let refused = 0;
  for (let round = 0; round < rounds; round++) {
    writeFileSync(path, mutated(bytes, rng("containers", name, round)));
    try {
      await read(path);
    } catch (error) {
      assert.ok(error instanceof BifocalError, `round ${round} of ${name}: ${(error as Error).stack}`);
      refused++;
      refusals.add(error.fields.expected ?? "");
    }
  }
  // Neither everything nor nothing is refused, and not for one reason: the changes reach all parts of the format.
  assert.ok(
    refused > 0 && refused < rounds,
    `${refused} of ${rounds} damaged copies of ${name} were refused`,
  );
  assert.ok(refusals.size > 2, [...refusals].join("; "));
  const mebibytes = process.resourceUsage().maxRSS / 1024;
  assert.ok(mebibytes < maxMebibytes, `${mebibytes} MiB after ${name}`);
}

const fixtures = [
  "captions.arrow",
  "types.arrow",
  "questions.arrow",
  "snappy.parquet",
  "pages-v2.parquet",
  "gnu.tar",
];

for (const name of [...fixtures, "pax.tar"]) {
  test(`damaged copies of ${name} are read or refused`, { timeout: 60_000 }, async () => {
    const path = fileURLToPath(new URL(`../../test/fixtures/containers/${name}`, import.meta.url));
    // The zeros behind a tar's end take no harm; without them more of the changes meet something.
    const bytes = readFileSync(path);
    const used = name.endsWith(".tar")
      ? bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1025)
      : bytes;
    await fuzz(name, used, readers[name.split(".")[1]!]!);
  });
}

test("damaged CSV is read or refused", { timeout: 60_000 }, async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${i}.jpg,"a ""text"", ${i}\nof two lines",${i / 7}\n`);
  await fuzz("a.csv", Buffer.from(`path,text,number\n${rows.join("")}`), readers.csv!);
});
