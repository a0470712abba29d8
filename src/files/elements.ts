import { fail, type TypedArray } from "../core/index.ts";
import type { ByteSource } from "./byte-source.ts";
import { narrowBf16, narrowF16, widenBf16, widenF16 } from "./half.ts";
import { memoryDtype, type StoredDtype, storedBytes } from "./tensor-file.ts";

/**
 * Elements between storage and memory. Stored elements are little-endian, as is every platform Node runs on here, so
 * what needs no conversion is read and written as it stands.
 */

/** Elements converted at once. */
const chunkElements = 2 ** 20;

/** The memory of an array, whatever its elements. */
export function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Fills `target`, of the type that `memoryDtype` gives, with elements stored from byte `start` on.
 * @throws BifocalError at `where` for an i64 beyond i32, a bool that is not 0 or 1, a source too short.
 */
export async function readElements(
  source: ByteSource,
  dtype: StoredDtype,
  start: number,
  target: TypedArray,
  where: string,
): Promise<void> {
  if (memoryDtype[dtype] === dtype) await source.read(bytesOf(target), start, where);
  else await readConverted(source, dtype, start, target, where);
  if (dtype === "bool") checkBool(target, where);
}

async function readConverted(
  source: ByteSource,
  dtype: StoredDtype,
  start: number,
  target: TypedArray,
  where: string,
): Promise<void> {
  const width = storedBytes[dtype];
  const memory = new ArrayBuffer(width * Math.min(chunkElements, target.length));
  for (let from = 0; from < target.length; from += chunkElements) {
    const part = target.subarray(from, Math.min(from + chunkElements, target.length));
    await source.read(new Uint8Array(memory, 0, part.length * width), start + from * width, where);
    if (dtype === "f16") widenF16(new Uint16Array(memory, 0, part.length), part as Float32Array);
    else if (dtype === "bf16") widenBf16(new Uint16Array(memory, 0, part.length), part as Float32Array);
    else if (dtype === "i16") part.set(new Int16Array(memory, 0, part.length));
    else if (dtype === "i8") part.set(new Int8Array(memory, 0, part.length));
    else narrowI64(new BigInt64Array(memory, 0, part.length), part, where);
  }
}

function narrowI64(values: BigInt64Array, target: TypedArray, where: string): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value !== BigInt.asIntN(32, value)) {
      fail("checkpoint", where, { expected: "integers within 32 bits", got: String(value) });
    }
    target[i] = Number(value);
  }
}

function checkBool(values: TypedArray, where: string): void {
  const wrong = values.find((value) => value > 1);
  if (wrong !== undefined) {
    fail("checkpoint", where, { expected: "booleans stored as 0 or 1", got: String(wrong) });
  }
}

/** Element types that memory can be stored as: f16 and bf16 are rounded to nearest even, i64 is widened. */
export type WrittenDtype = Exclude<StoredDtype, "i16" | "i8">;

/**
 * The stored bytes of `data`, of the type that `memoryDtype` gives, in parts of bounded size.
 * @throws BifocalError "numeric" at `where` for a finite number that a 16-bit float would turn into infinity.
 */
export function* storedParts(data: TypedArray, dtype: WrittenDtype, where: string): Generator<Uint8Array> {
  if (memoryDtype[dtype] === dtype) {
    yield bytesOf(data);
    return;
  }
  for (let from = 0; from < data.length; from += chunkElements) {
    const part = data.subarray(from, Math.min(from + chunkElements, data.length));
    if (dtype === "i64") {
      yield new Uint8Array(BigInt64Array.from(part as Int32Array, BigInt).buffer);
    } else {
      const words = new Uint16Array(part.length);
      if (dtype === "f16") narrowF16(part as Float32Array, words);
      else narrowBf16(part as Float32Array, words);
      checkFinite(part, words, dtype, where);
      yield new Uint8Array(words.buffer);
    }
  }
}

function checkFinite(values: TypedArray, words: Uint16Array, dtype: WrittenDtype, where: string): void {
  const infinity = dtype === "f16" ? 0x7c00 : 0x7f80;
  const wrong = words.findIndex((word, i) => (word & 0x7fff) === infinity && Number.isFinite(values[i]));
  if (wrong >= 0) {
    fail("numeric", where, {
      expected: `numbers within the range of ${dtype}`,
      got: String(values[wrong]),
      todo: "store it in a wider type",
    });
  }
}
