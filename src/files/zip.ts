import { inflateRawSync } from "node:zlib";
import { fail } from "../core/index.ts";
import { type ByteSource, type OpenFile, partOf } from "./byte-source.ts";

/**
 * Reading ZIP archives with their 64-bit records (PKWARE's APPNOTE 6.3): stored and deflated entries. The central
 * directory is checked against the file before anything is read by it: no name twice, every entry within the file,
 * none overlapping another, nothing before, between the directory's records or behind them that a reader could take
 * for another archive.
 */

/** A file in the archive; offsets and sizes in bytes of the archive. */
export interface ZipEntry {
  readonly name: string;
  readonly deflated: boolean;
  readonly storedSize: number;
  readonly size: number;
  /** Where its data start. */
  readonly start: number;
}

const localSignature = 0x04034b50;
const centralSignature = 0x02014b50;
const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locatorSignature = 0x07064b50;
const maxEntries = 2 ** 17;
/** The end record and the longest comment behind it. */
const maxEndBytes = 22 + 65535;
/** What an entry may grow to when it is inflated: so many times its stored size, and this much more. */
const maxInflation = 32;
const freeInflation = 2 ** 20;

function defect(where: string, expected: string, got: string): never {
  fail("checkpoint", where, {
    expected,
    got,
    todo: "the file is damaged or truncated; fetch or save it again",
  });
}

/** The archive's entries by name. @throws BifocalError "checkpoint" naming the file and the defect. */
export async function zipEntries(file: OpenFile): Promise<Map<string, ZipEntry>> {
  const { path } = file;
  const { start, end, count } = await findDirectory(file);
  const directory = Buffer.alloc(end - start);
  await file.read(directory, start, path);
  const entries = new Map<string, ZipEntry>();
  const spans: { readonly name: string; readonly from: number; readonly to: number }[] = [];
  for (let at = 0; at < directory.length; ) {
    const { listed, next } = parseListed(directory, at, path);
    at = next;
    if (entries.size === maxEntries) defect(path, `at most ${maxEntries} entries`, "more");
    if (entries.has(listed.name)) defect(path, "each entry once", `${listed.name} twice`);
    const data = await dataStart(file, listed);
    const to = data + listed.storedSize;
    if (!(to <= start)) defect(path, `${listed.name} within the file`, `an end at byte ${to} of ${start}`);
    spans.push({ name: listed.name, from: listed.header, to });
    entries.set(listed.name, { ...listed, start: data });
  }
  if (entries.size !== count) defect(path, `${count} entries`, `${entries.size}`);
  spans.sort((a, b) => a.from - b.from);
  for (const [i, { name, from }] of spans.entries()) {
    const before = spans[i - 1];
    if (before && before.to > from) defect(path, `${name} behind ${before.name}`, "an overlap");
  }
  return entries;
}

interface Directory {
  readonly start: number;
  readonly end: number;
  readonly count: number;
}

async function findDirectory(file: OpenFile): Promise<Directory> {
  const { path, size } = file;
  const tail = Buffer.alloc(Math.min(size, maxEndBytes));
  await file.read(tail, size - tail.length, path);
  let at = tail.length - 22;
  while (
    at >= 0 &&
    !(tail.readUInt32LE(at) === endSignature && at + 22 + tail.readUInt16LE(at + 20) === tail.length)
  ) {
    at--;
  }
  if (at < 0) defect(path, "the end of a ZIP archive", "none");
  const end = tail.subarray(at);
  const endAt = size - tail.length + at;
  const disks = [end.readUInt16LE(4), end.readUInt16LE(6)];
  const counts = [end.readUInt16LE(8), end.readUInt16LE(10)];
  const directory = {
    count: counts[1]!,
    size: end.readUInt32LE(12),
    start: end.readUInt32LE(16),
    end: endAt,
  };
  const wide = await findWide(file, endAt);
  const narrow = !counts.includes(0xffff) && directory.size !== 0xffffffff && directory.start !== 0xffffffff;
  if (wide === undefined && !narrow) defect(path, "64-bit records at the archive's end", "none");
  if (wide === undefined && (disks.some((disk) => disk !== 0) || counts[0] !== counts[1])) {
    defect(path, "an archive in one part", "several");
  }
  const found = wide ?? directory;
  if (found.start + found.size !== found.end) {
    defect(path, `the directory of ${found.size} bytes at ${found.start}`, `its end at ${found.end}`);
  }
  return found;
}

/** What the 64-bit end record says, where there is one. */
async function findWide(file: OpenFile, endAt: number): Promise<(Directory & { size: number }) | undefined> {
  const { path } = file;
  if (endAt < 76) return undefined;
  const locator = Buffer.alloc(20);
  await file.read(locator, endAt - 20, path);
  if (locator.readUInt32LE() !== locatorSignature) return undefined;
  const at = uint64(locator, 8, path);
  if (at + 56 !== endAt - 20) defect(path, `the 64-bit end record at ${endAt - 76}`, `it at ${at}`);
  const record = Buffer.alloc(56);
  await file.read(record, at, path);
  if (record.readUInt32LE() !== end64Signature || uint64(record, 4, path) !== 44) {
    defect(path, "a 64-bit end record", "other bytes");
  }
  if (record.readUInt32LE(16) !== 0 || record.readUInt32LE(20) !== 0) {
    defect(path, "an archive in one part", "several");
  }
  return {
    count: uint64(record, 32, path),
    size: uint64(record, 40, path),
    start: uint64(record, 48, path),
    end: at,
  };
}

function uint64(bytes: Buffer, at: number, path: string): number {
  const value = bytes.readBigUInt64LE(at);
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    defect(path, "sizes and offsets within the file", String(value));
  return Number(value);
}

interface Listed {
  readonly name: string;
  readonly deflated: boolean;
  readonly storedSize: number;
  readonly size: number;
  /** Where the entry's own header starts. */
  readonly header: number;
}

function parseListed(directory: Buffer, at: number, path: string): { listed: Listed; next: number } {
  const head = directory.subarray(at, at + 46);
  if (head.length < 46 || head.readUInt32LE() !== centralSignature) {
    defect(path, "an entry of the archive's directory", "other bytes");
  }
  const nameEnd = at + 46 + head.readUInt16LE(28);
  const extraEnd = nameEnd + head.readUInt16LE(30);
  const next = extraEnd + head.readUInt16LE(32);
  if (next > directory.length) defect(path, "entries within the archive's directory", "one beyond");
  const name = directory.toString("utf8", at + 46, nameEnd);
  const method = head.readUInt16LE(10);
  if ((head.readUInt16LE(8) & 1) !== 0) defect(path, `${name} in the clear`, "encryption");
  if (method !== 0 && method !== 8) defect(path, `${name} stored or deflated`, `method ${method}`);
  const wide = wideFields(directory.subarray(nameEnd, extraEnd), path);
  const field = (offset: number) => {
    const value = head.readUInt32LE(offset);
    return value === 0xffffffff ? wide() : value;
  };
  const size = field(24);
  const storedSize = field(20);
  const header = field(42);
  if (method === 0 && size !== storedSize) defect(path, `${name} of ${size} bytes`, `${storedSize}`);
  return { listed: { name, deflated: method === 8, storedSize, size, header }, next };
}

/** The 64-bit values of an extra field, one after the other. */
function wideFields(extra: Buffer, path: string): () => number {
  let fields: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === 1) fields = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  let next = 0;
  return () => {
    if (next + 8 > fields.length) defect(path, "a 64-bit size or offset", "none");
    next += 8;
    return uint64(fields, next - 8, path);
  };
}

async function dataStart(file: OpenFile, { name, header }: Listed): Promise<number> {
  const { path } = file;
  const expected = Buffer.from(name);
  const head = Buffer.alloc(30 + expected.length);
  if (header + head.length > file.size) defect(path, `${name} within the file`, `its header at ${header}`);
  await file.read(head, header, path);
  const same = head.readUInt16LE(26) === expected.length && head.subarray(30).equals(expected);
  if (head.readUInt32LE() !== localSignature || !same) {
    defect(path, `the header of ${name} at byte ${header}`, "other bytes");
  }
  return header + head.length + head.readUInt16LE(28);
}

/**
 * The bytes of an entry: read from the file where they are stored, held in memory where they are deflated.
 * @throws BifocalError "checkpoint" for deflated data of another size, or that grow beyond reason.
 */
export async function entrySource(file: OpenFile, entry: ZipEntry): Promise<ByteSource> {
  const { name, start, size, storedSize } = entry;
  if (!entry.deflated) return partOf(file, start, size);
  const limit = maxInflation * storedSize + freeInflation;
  if (size > Math.min(limit, 2 ** 31)) defect(`${file.path} at ${name}`, `at most ${limit} bytes`, `${size}`);
  const stored = Buffer.alloc(storedSize);
  await file.read(stored, start, file.path);
  const bytes = inflated(stored, size);
  if (bytes?.length !== size) defect(`${file.path} at ${name}`, `${size} bytes when inflated`, "others");
  return {
    size,
    readSome: (target, from) => bytes.copy(target, 0, from),
    read: async (target, from, where) => {
      if (from + target.length > size) defect(where, `${target.length} bytes at ${from}`, `${size} in all`);
      target.set(bytes.subarray(from, from + target.length));
    },
  };
}

function inflated(stored: Buffer, size: number): Buffer | undefined {
  try {
    return inflateRawSync(stored, { maxOutputLength: Math.max(size, 1) });
  } catch {
    return undefined;
  }
}
