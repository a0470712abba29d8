import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { BifocalError } from "../core/index.ts";
import { openFile } from "./byte-source.ts";
import { entrySource, zipEntries } from "./zip.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-zip-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

interface Part {
  readonly name: string;
  readonly data: Buffer;
  readonly method?: number;
  /** What the directory says instead of the truth. */
  readonly says?: {
    readonly name?: string;
    readonly size?: number;
    readonly storedSize?: number;
    readonly header?: number;
    readonly flags?: number;
  };
}

function u16(...values: number[]): Buffer {
  return Buffer.from(Uint16Array.from(values).buffer);
}

function u32(...values: number[]): Buffer {
  return Buffer.from(Uint32Array.from(values).buffer);
}

function u64(...values: number[]): Buffer {
  return Buffer.from(BigUint64Array.from(values, BigInt).buffer);
}

/** An archive written by hand; `wide` puts every size and offset into 64-bit records. */
function archive(
  parts: readonly Part[],
  { wide = false, entries = parts.length, comment = "" } = {},
): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { name, data, method = 0, says = {} } of parts) {
    const stored = method === 8 ? deflateRawSync(data) : data;
    const head = Buffer.concat([
      u32(0x04034b50),
      u16(20, 0, method, 0, 0),
      u32(0, 0, 0), // sizes stand in the directory
      u16(name.length, 3),
      Buffer.from(name),
      Buffer.from("pad"),
    ]);
    const sizes = [says.size ?? data.length, says.storedSize ?? stored.length, says.header ?? at] as const;
    const extra = wide ? Buffer.concat([u16(7, 0), u16(1, 24), u64(...sizes)]) : Buffer.alloc(0);
    const listed = wide ? [0xffffffff, 0xffffffff, 0xffffffff] : sizes;
    const title = Buffer.from(says.name ?? name);
    directory.push(
      Buffer.concat([
        u32(0x02014b50),
        u16(20, 20, says.flags ?? 0, method, 0, 0),
        u32(0, listed[1]!, listed[0]!),
        u16(title.length, extra.length, 0, 0, 0),
        u32(0, listed[2]!),
        title,
        extra,
      ]),
    );
    files.push(head, stored);
    at += head.length + stored.length;
  }
  const listing = Buffer.concat(directory);
  const records = wide
    ? [
        u32(0x06064b50),
        u64(44),
        u16(45, 45),
        u32(0, 0),
        u64(entries, entries, listing.length, at),
        u32(0x07064b50, 0),
        u64(at + listing.length),
        u32(1),
      ]
    : [];
  const [shownCount, shownSize, shownStart] = wide
    ? [0xffff, 0xffffffff, 0xffffffff]
    : [entries, listing.length, at];
  const end = [
    u32(0x06054b50),
    u16(0, 0, shownCount, shownCount),
    u32(shownSize, shownStart),
    u16(comment.length),
    Buffer.from(comment),
  ];
  return Buffer.concat([...files, listing, ...records, ...end]);
}

async function contents(bytes: Buffer): Promise<Record<string, string>> {
  const path = join(folder, `${count++}.zip`);
  writeFileSync(path, bytes);
  const file = await openFile(path, "an archive");
  try {
    const result: Record<string, string> = {};
    for (const [name, entry] of await zipEntries(file)) {
      const source = await entrySource(file, entry);
      const data = Buffer.alloc(source.size);
      await source.read(data, 0, path);
      result[name] = data.toString();
    }
    return result;
  } finally {
    await file.close();
  }
}

const plain: Part[] = [
  { name: "a/one", data: Buffer.from("first") },
  { name: "a/two", data: Buffer.from("second ".repeat(50)), method: 8 },
  { name: "a/none", data: Buffer.alloc(0) },
];
const expected = { "a/one": "first", "a/two": "second ".repeat(50), "a/none": "" };

test("stored and deflated entries are read, with 32-bit and 64-bit records", async () => {
  assert.deepEqual(await contents(archive(plain)), expected);
  assert.deepEqual(await contents(archive(plain, { wide: true })), expected);
  assert.deepEqual(await contents(archive(plain, { comment: "PK\x05\x06 remark" })), expected);
  assert.deepEqual(await contents(archive([])), {});
});

test("archives that contradict themselves are refused", async () => {
  const one = (says: Part["says"], method = 0): Part[] => [
    { name: "x", data: Buffer.from("payload"), method, says: says ?? {} },
  ];
  const second = (says: Part["says"]): Part[] => [plain[0]!, { ...plain[2]!, says: says ?? {} }];
  const huge = 2 ** 50;
  const cases: [Buffer, RegExp][] = [
    [Buffer.from("PK\x03\x04"), /expected the end of a ZIP archive, got none/],
    [archive(plain).subarray(0, -1), /expected the end of a ZIP archive/],
    [Buffer.concat([archive(plain), Buffer.from("x")]), /expected the end of a ZIP archive/],
    [Buffer.concat([Buffer.from("prefix"), archive(plain)]), /expected the directory of \d+ bytes at/],
    [archive(plain, { entries: 2 }), /expected 2 entries, got 3/],
    [archive(plain, { entries: 4, wide: true }), /expected 4 entries, got 3/],
    [archive([plain[0]!, plain[0]!]), /expected each entry once, got a\/one twice/],
    [archive(second({ header: 0 })), /expected the header of a\/none at byte 0/],
    [
      archive([plain[0]!, { ...plain[0]!, says: { name: "a/two", header: 0 } }]),
      /header of a\/two at byte 0/,
    ],
    [archive(one({ size: 8, storedSize: 8 })), /expected x within the file, got an end at byte 42 of 41/],
    [
      archive([
        { name: "x", data: Buffer.from("y".repeat(50)), says: { size: 90, storedSize: 90 } },
        plain[0]!,
      ]),
      /expected a\/one behind x, got an overlap/,
    ],
    [archive(one({ size: huge, storedSize: huge }), { wide: true }), /expected x within the file/],
    [
      archive(one({ header: huge }), { wide: true }),
      /expected x within the file, got its header at 1125899906842624/,
    ],
    [
      archive(one({ header: 2 ** 60 }), { wide: true }),
      /expected sizes and offsets within the file, got 1152/,
    ],
    [archive(one({ size: 6 })), /expected x of 6 bytes, got 7/],
    [archive(one({ flags: 1 })), /expected x in the clear, got encryption/],
    [archive(one({}, 12)), /expected x stored or deflated, got method 12/],
    [archive(one({ size: 6 }, 8)), /at x: expected 6 bytes when inflated/],
    [archive(one({ size: 9 }, 8)), /at x: expected 9 bytes when inflated/],
    [archive(one({ size: 2 ** 31 }, 8)), /at x: expected at most 1048864 bytes, got 2147483648/],
    [
      archive([{ name: "x", data: Buffer.alloc(2 ** 24), method: 8 }]),
      /expected at most \d+ bytes, got 16777216/,
    ],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(contents(bytes), (error: unknown) => {
      assert.ok(error instanceof BifocalError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});
