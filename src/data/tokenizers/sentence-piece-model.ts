import { fail } from "../../core/errors.ts";

/** What a piece of a SentencePiece model is for. */
export type PieceKind = "normal" | "unknown" | "control" | "user-defined" | "unused" | "byte";

/** One entry of the vocabulary; its id is its place. */
export interface Piece {
  readonly text: string;
  /** Log-probability in a unigram model, minus the order of merging in a byte-pair model. */
  readonly score: number;
  readonly kind: PieceKind;
}

/** What is used of a SentencePiece `.model` file. */
export interface SentencePieceModel {
  readonly kind: "unigram" | "bpe";
  readonly pieces: readonly Piece[];
  /** Id of the piece that stands for characters without a piece. */
  readonly unknown: number;
  readonly byteFallback: boolean;
  /** Table of character replacements in SentencePiece's own form; empty where there are none. */
  readonly charsmap: Buffer;
}

const pieceKinds: readonly (PieceKind | undefined)[] = [
  undefined,
  "normal",
  "unknown",
  "control",
  "user-defined",
  "unused",
  "byte",
];

/**
 * Reads a SentencePiece model (Kudo & Richardson 2018, arXiv:1808.06226), which is a protocol buffer.
 * `path` is for errors only.
 * @throws BifocalError when the bytes are none, or a third kind.
 */
export function readSentencePieceModel(bytes: Buffer, path: string): SentencePieceModel {
  const pieces: Piece[] = [];
  let kind = 1;
  let unknown = 0;
  let byteFallback = false;
  let charsmap: Buffer = Buffer.alloc(0);
  try {
    for (const model of fields(bytes)) {
      if (model.number === 1) pieces.push(readPiece(bytesOf(model)));
      if (model.number === 2) {
        for (const field of fields(bytesOf(model))) {
          if (field.number === 3) kind = numberOf(field);
          if (field.number === 35) byteFallback = numberOf(field) !== 0;
          if (field.number === 40) unknown = numberOf(field);
        }
      }
      if (model.number === 3) {
        for (const field of fields(bytesOf(model))) if (field.number === 2) charsmap = bytesOf(field);
      }
    }
    if (pieces.length === 0) broken("no pieces");
    if (kind !== 1 && kind !== 2) broken("a third kind");
    if (unknown < 0 || unknown >= pieces.length) broken(`the unknown piece ${unknown} of ${pieces.length}`);
    if (charsmap.length > 0) checkTable(charsmap);
  } catch (cause) {
    report(cause, path, "a SentencePiece model of kind unigram or BPE");
  }
  return { kind: kind === 1 ? "unigram" : "bpe", pieces, unknown, byteFallback, charsmap };
}

/**
 * Checks a `Precompiled` normalizer's table of character replacements.
 * @throws BifocalError when it would make the tokenizer library end the process.
 */
export function checkCharsmap(charsmap: Buffer, path: string): void {
  try {
    checkTable(charsmap);
  } catch (cause) {
    report(cause, path, "a table of character replacements as SentencePiece writes it");
  }
}

function report(cause: unknown, path: string, expected: string): never {
  if (!(cause instanceof Broken)) throw cause;
  return fail("data", path, { expected, got: cause.message, todo: "fetch the file again" });
}

function readPiece(bytes: Buffer): Piece {
  let text = "";
  let score = 0;
  let kind: PieceKind | undefined = "normal";
  for (const field of fields(bytes)) {
    if (field.number === 1) text = utf8(bytesOf(field));
    if (field.number === 2) score = floatOf(field);
    if (field.number === 3) kind = pieceKinds[numberOf(field)];
  }
  if (kind === undefined) broken(`the piece "${text}" of no known kind`);
  if (!Number.isFinite(score)) broken(`the piece "${text}" with the score ${score}`);
  return { text, score, kind };
}

/** A field of a message; the value of a fixed-width field is its bytes. */
interface Field {
  readonly number: number;
  readonly wire: "varint" | "fixed32" | "fixed64" | "bytes";
  readonly value: number | Buffer;
}

/** The fields of a message in their order. Lengths are checked before they are used. */
function* fields(bytes: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    if ((bytes[at] ?? 0x80) < 0x80) return bytes[at++]!;
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) broken("a file that ends too early");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, value));
    }
    return broken("a number of more than ten bytes");
  };
  const take = (length: number): Buffer => {
    if (length < 0 || length > bytes.length - at) broken("a field longer than the file");
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (number < 1) broken("a field without a number");
    if (tag % 8 === 0) yield { number, wire: "varint", value: varint() };
    else if (tag % 8 === 1) yield { number, wire: "fixed64", value: take(8) };
    else if (tag % 8 === 2) yield { number, wire: "bytes", value: take(varint()) };
    else if (tag % 8 === 5) yield { number, wire: "fixed32", value: take(4) };
    else broken(`a field of unknown kind ${tag % 8}`);
  }
}

function bytesOf({ wire, value }: Field): Buffer {
  return wire === "bytes" ? (value as Buffer) : broken("a number where a text should be");
}

function numberOf({ wire, value }: Field): number {
  return wire === "varint" ? (value as number) : broken("a text where a number should be");
}

function floatOf({ wire, value }: Field): number {
  return wire === "fixed32" ? (value as Buffer).readFloatLE(0) : broken("a score that is no 32-bit number");
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function utf8(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return broken("a piece that is no UTF-8");
  }
}

/**
 * The table is a trie in a double array (its size in bytes comes first) and the texts its leaves point at, each ended
 * by a zero byte. The tokenizer library follows both without looking and a broken one ends the process: every step
 * of the trie must stay inside, every leaf must point at the beginning of a character.
 */
function checkTable(charsmap: Buffer): void {
  const size = charsmap.length < 4 ? -1 : charsmap.readUInt32LE(0);
  if (size < 1024 || size % 1024 !== 0 || size > charsmap.length - 4) broken("a character table cut short");
  const texts = charsmap.subarray(4 + size);
  utf8(texts);
  const units = size / 4;
  for (let i = 0; i < units; i++) {
    const unit = charsmap.readUInt32LE(4 + i * 4);
    if (unit >>> 31 === 1) continue; // a leaf's value
    const child = i ^ ((unit >>> 10) << ((unit & 0x200) >>> 6));
    if (child < 0 || child >= units) broken("a character table that points outside itself");
    if (((unit >>> 8) & 1) === 0) continue;
    const text = charsmap.readUInt32LE(4 + child * 4) & 0x7fffffff;
    if (text > texts.length || ((texts[text] ?? 0) & 0xc0) === 0x80) {
      broken("a character table that points outside its texts");
    }
  }
}

/** What is wrong with the file, in the words after "got". */
class Broken extends Error {}

function broken(what: string): never {
  throw new Broken(what);
}
