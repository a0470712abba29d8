import { fail } from "../core/index.ts";
import { type OpenFile, readUpTo } from "./byte-source.ts";

/**
 * Reading tar archives (POSIX.1-1988 ustar, POSIX.1-2001 pax, GNU long names) entry by entry, without their contents.
 * Nothing is ever extracted: a name is only a name. Links, devices and sparse files have no bytes of their own to
 * give and are refused, so that no entry is lost without a word.
 */

/** A plain file in the archive; positions in bytes of the archive. */
export interface TarEntry {
  readonly name: string;
  /** Where its first header begins: reading may start there. */
  readonly header: number;
  readonly start: number;
  readonly size: number;
}

const blockBytes = 512;
/** Several headers of small files come with one read; of a large file little more than the header is read. */
const windowBytes = 4096;
const maxExtendedBytes = 2 ** 20;

function defect(where: string, expected: string, got: string): never {
  fail("data", where, { expected, got, todo: "the archive is damaged or truncated; fetch or make it again" });
}

/**
 * The plain files from the header at byte `from` on, in the archive's order; folders are passed over. Read to the end,
 * it has checked that the archive ends as it should. @throws BifocalError "data" naming the file and the defect.
 */
export function* tarEntries(file: OpenFile, from = 0): Generator<TarEntry, void> {
  const { path, size: fileBytes } = file;
  const blockAt = blockReader(file);
  let extended: Extended = {};
  let first: number | undefined;
  for (let at = from; ; ) {
    const header = blockAt(at, path);
    if (header === undefined)
      defect(path, "an empty block at the archive's end", `the file's end at byte ${at}`);
    if (isEmpty(header)) {
      if (first !== undefined) defect(path, "an entry behind its extended header", "the archive's end");
      return checkEnd(file, at);
    }
    const where = `${path} at byte ${at}`;
    const { type, name, size } = parseHeader(header, where);
    first ??= at;
    const start = at + blockBytes;
    if (extendedTypes.includes(type)) {
      extended = { ...extended, ...readExtended(file, type, start, size, where) };
      at = start + padded(size);
      continue;
    }
    const entry = { name: extended.path ?? name, header: first, start, size: extended.size ?? size };
    const isFolder = type === "5" || (type === "0" && entry.name.endsWith("/"));
    if (!isFolder && type !== "0") refuseType(path, entry.name, type);
    const end = start + (isFolder ? 0 : entry.size);
    if (end > fileBytes)
      defect(path, `${entry.name} within the file`, `an end at byte ${end} of ${fileBytes}`);
    if (!isFolder) yield entry;
    at = start + padded(end - start);
    extended = {};
    first = undefined;
  }
}

/** A whole number of blocks. */
export function padded(size: number): number {
  return Math.ceil(size / blockBytes) * blockBytes;
}

function blockReader(file: OpenFile): (at: number, where: string) => Buffer | undefined {
  const window = Buffer.alloc(windowBytes);
  let begin = 0;
  let end = 0;
  return (at, where) => {
    if (at < begin || at + blockBytes > end) {
      begin = at;
      end = at + readUpTo(file, window, at);
    }
    if (end === at) return undefined;
    if (end < at + blockBytes) defect(where, "whole blocks of 512 bytes", `${end - at} bytes at ${at}`);
    return window.subarray(at - begin, at - begin + blockBytes);
  };
}

function isEmpty(block: Uint8Array): boolean {
  return block.every((byte) => byte === 0);
}

/** Joined archives would lose all but the first: behind the end there may be nothing but padding. */
function checkEnd(file: OpenFile, end: number): void {
  const part = Buffer.alloc(2 ** 16);
  for (let at = end; at < file.size; at += part.length) {
    const length = readUpTo(file, part, at);
    if (!isEmpty(part.subarray(0, length))) {
      fail("data", file.path, {
        expected: "nothing behind the archive's end",
        got: `other bytes behind byte ${at}`,
        todo: "if these are archives joined to one, keep them apart",
      });
    }
  }
}

interface Header {
  /** "0" for a plain file in all its spellings. */
  readonly type: string;
  readonly name: string;
  readonly size: number;
}

function parseHeader(block: Buffer, where: string): Header {
  if (block[0] === 0x1f && block[1] === 0x8b) {
    fail("data", where, { expected: "a tar header", got: "gzip", todo: "unpack the archive with gunzip" });
  }
  const stated = number(block, 148, 8, where);
  let sum = 8 * 32; // the checksum itself counts as spaces
  let high = 0; // bytes that are negative to old archivers, which added signed ones
  for (let i = 0; i < blockBytes; i++) {
    if (i === 148) i = 156;
    sum += block[i]!;
    high += block[i]! >> 7;
  }
  if (stated !== sum && stated !== sum - 256 * high) {
    defect(where, "the header of a tar entry", "another checksum");
  }
  const kind = String.fromCharCode(block[156]!);
  const type = kind === "\0" || kind === "7" ? "0" : kind;
  const name = text(block, 0, 100);
  // GNU archives keep other things where POSIX keeps the prefix; their magic is "ustar  ".
  const isPosix = block.toString("latin1", 257, 263) === "ustar\0";
  const prefix = isPosix ? text(block, 345, 155) : "";
  return { type, name: prefix === "" ? name : `${prefix}/${name}`, size: number(block, 124, 12, where) };
}

function text(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString("utf8", 0, end === -1 ? length : end);
}

/** Octal digits, or GNU's base 256 where the first bit is set. */
function number(block: Buffer, at: number, length: number, where: string): number {
  const field = block.subarray(at, at + length);
  if (field[0] === 0x80) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    if (Number.isSafeInteger(value)) return value;
  }
  const digits = field
    .toString("latin1")
    .replace(/[\0 ]+$/, "")
    .trimStart();
  if (!/^[0-7]*$/.test(digits)) defect(where, "an octal number", JSON.stringify(digits));
  return Number.parseInt(`0${digits}`, 8);
}

/** What a header before the entry's own says better. */
interface Extended {
  readonly path?: string;
  readonly size?: number;
}

/** Long name, long link, pax for one entry, pax for all that follow. */
const extendedTypes = ["L", "K", "x", "g"];

function readExtended(file: OpenFile, type: string, start: number, size: number, where: string): Extended {
  if (size > maxExtendedBytes)
    defect(where, `an extended header of at most ${maxExtendedBytes} bytes`, `${size}`);
  const bytes = Buffer.alloc(size);
  if (readUpTo(file, bytes, start) < size)
    defect(where, `${size} bytes of extended header`, "the file's end");
  if (type === "L") return { path: text(bytes, 0, size) };
  if (type === "K") return {};
  const records = paxRecords(bytes, where);
  for (const key of records.keys()) {
    if (key.startsWith("GNU.sparse")) refuseType(file.path, records.get("path") ?? "an entry", "S");
  }
  const path = records.get("path");
  const stated = records.get("size");
  if (type === "g") {
    if (path === undefined && stated === undefined) return {};
    defect(where, "names and sizes with each entry", "one for all entries");
  }
  if (stated !== undefined && !/^\d{1,15}$/.test(stated)) defect(where, "a size", stated);
  return {
    ...(path === undefined ? {} : { path }),
    ...(stated === undefined ? {} : { size: Number(stated) }),
  };
}

/** Records "length key=value\n", the length counting itself. */
function paxRecords(bytes: Buffer, where: string): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length; ) {
    const digits = /^(\d{1,7}) /.exec(bytes.toString("latin1", at, at + 8))?.[1] ?? "0";
    const end = at + Number(digits);
    const record = bytes.toString("utf8", at + digits.length + 1, end - 1);
    const equals = record.indexOf("=");
    if (end <= at || end > bytes.length || bytes[end - 1] !== 10 || equals < 1 || record.includes("\0")) {
      defect(where, "pax records", "other bytes");
    }
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return records;
}

const refusedTypes: Readonly<Record<string, string>> = {
  "1": "a hard link; make the archive with --hard-dereference",
  "2": "a symbolic link; make the archive with --dereference",
  S: "a sparse file; make the archive without --sparse",
};

function refuseType(path: string, name: string, type: string): never {
  fail("data", `${path} at ${name}`, {
    expected: "plain files and folders only",
    got: refusedTypes[type] ?? `an entry of type ${JSON.stringify(type)}`,
  });
}
