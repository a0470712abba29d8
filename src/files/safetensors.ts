import { type FileHandle, open } from "node:fs/promises";
import { allocate, assert, fail, type Shape, showShape, sizeOf, type TypedArray } from "../core/index.ts";
import { writeAll, writeFileAtomic } from "./atomic.ts";
import { widenBf16, widenF16 } from "./half.ts";
import { type Header, parseHeader, type StoredDtype, storedBytes } from "./safetensors-header.ts";

/**
 * The safetensors format: u64 header length, JSON header, bare little-endian data.
 * Every platform Node runs on here is little-endian, so typed arrays are the data as they stand.
 */

/** Largest header the published implementation accepts, bytes. */
const maxHeaderBytes = 100_000_000;
/** Elements converted at once when a stored type is widened or narrowed. */
const chunkElements = 2 ** 20;

/** A tensor as it lies in the file; `read` says what type its elements get in memory. */
export interface StoredTensor {
  readonly dtype: StoredDtype;
  readonly shape: Shape;
}

/** A tensor to store: `data` holds exactly as many elements as `shape` says, in row-major order. */
export interface NamedTensor {
  readonly name: string;
  readonly dtype: "f32" | "f64" | "i32" | "u8" | "bool";
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** An open file whose header was checked against its size; tensors are read on request. */
export interface SafetensorsFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * New memory with the tensor's elements: f16 and bf16 become f32, i64 becomes i32, the others stay.
   * @throws BifocalError for an unknown name, an i64 beyond i32, a bool that is not 0 or 1, a file cut since.
   */
  read(name: string): Promise<TypedArray>;
  /** As `read`, into memory of the type and length that `read` would give. */
  readInto(name: string, target: TypedArray): Promise<void>;
  close(): Promise<void>;
}

/** Opens a file and checks its header. @throws BifocalError "checkpoint" naming the file and the defect. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await open(path, "r").catch((cause: Error) =>
    fail("checkpoint", path, {
      expected: "a safetensors file",
      got: cause.message,
      todo: "check the path",
    }),
  );
  try {
    const header = await readHeader(file, path);
    return opened(file, path, header);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readHeader(file: FileHandle, path: string): Promise<Header> {
  const stat = await file.stat();
  if (!stat.isFile()) fail("checkpoint", path, { expected: "a safetensors file", got: "not a plain file" });
  if (stat.size < 8) {
    fail("checkpoint", path, {
      expected: "at least 8 bytes",
      got: `a file of ${stat.size} bytes`,
      todo: "it is truncated or no safetensors file; fetch or save it again",
    });
  }
  const prefix = Buffer.alloc(8);
  await readExactly(file, prefix, 0, path);
  const length = prefix.readBigUInt64LE();
  if (length > BigInt(maxHeaderBytes) || length > BigInt(stat.size - 8)) {
    fail("checkpoint", path, {
      expected: `a header of at most ${Math.min(maxHeaderBytes, stat.size - 8)} bytes`,
      got: `header length ${length}`,
      todo: "it is truncated or no safetensors file; fetch or save it again",
    });
  }
  const bytes = Buffer.alloc(Number(length));
  await readExactly(file, bytes, 8, path);
  return parseHeader(bytes, stat.size, path);
}

function opened(file: FileHandle, path: string, header: Header): SafetensorsFile {
  const find = (name: string) =>
    header.tensors.get(name) ??
    fail("checkpoint", path, {
      expected: `a tensor named ${name}`,
      got: `${header.tensors.size} tensors without it`,
    });
  const readInto = async (name: string, target: TypedArray) => {
    const { dtype, shape, start } = find(name);
    const into = readDtype(dtype);
    const fits = target.length === sizeOf(shape) && target instanceof arrayOf[into];
    assert(
      fits,
      `${name} in ${path} is ${into}${showShape(shape)}, not ${target.length} elements of another type`,
    );
    if (dtype === into) await readExactly(file, bytesOf(target), start, path);
    else await readConverted(file, dtype, start, target, `${path} at ${name}`);
    if (dtype === "bool") checkBool(target, `${path} at ${name}`);
  };
  return {
    path,
    tensors: header.tensors,
    metadata: header.metadata,
    readInto,
    read: async (name) => {
      const { dtype, shape } = find(name);
      const into = readDtype(dtype);
      const target = into === "f64" ? new Float64Array(sizeOf(shape)) : allocate(into, sizeOf(shape));
      await readInto(name, target);
      return target;
    },
    close: () => file.close(),
  };
}

const arrayOf = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  u8: Uint8Array,
  bool: Uint8Array,
} as const;

function readDtype(dtype: StoredDtype): NamedTensor["dtype"] {
  if (dtype === "f16" || dtype === "bf16") return "f32";
  return dtype === "i64" ? "i32" : dtype;
}

async function readConverted(
  file: FileHandle,
  dtype: StoredDtype,
  start: number,
  target: TypedArray,
  where: string,
): Promise<void> {
  const width = storedBytes[dtype];
  const memory = new ArrayBuffer(width * Math.min(chunkElements, target.length));
  for (let from = 0; from < target.length; from += chunkElements) {
    const part = target.subarray(from, Math.min(from + chunkElements, target.length));
    await readExactly(file, new Uint8Array(memory, 0, part.length * width), start + from * width, where);
    if (dtype === "f16") widenF16(new Uint16Array(memory, 0, part.length), part as Float32Array);
    else if (dtype === "bf16") widenBf16(new Uint16Array(memory, 0, part.length), part as Float32Array);
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

async function readExactly(file: FileHandle, target: Uint8Array, start: number, where: string) {
  let done = 0;
  while (done < target.length) {
    const length = Math.min(target.length - done, 2 ** 30);
    const { bytesRead } = await file.read(target, done, length, start + done);
    if (bytesRead === 0) {
      fail("checkpoint", where, {
        expected: `${target.length} bytes at ${start}`,
        got: `${done}`,
        todo: "the file was cut while it was read; fetch or save it again",
      });
    }
    done += bytesRead;
  }
}

function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * Writes tensors atomically, straight from their memory. Header keys keep the order given; the data lie widest type
 * first, so that each tensor is aligned to its own element when the file is mapped.
 * @throws BifocalError when the machine fails; an earlier file is then untouched.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<NamedTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const list = [...tensors];
  for (const { name, dtype, shape, data } of list) {
    assert(
      data instanceof arrayOf[dtype] && data.length === sizeOf(shape),
      `${name} to be stored in ${path} is not ${dtype}${showShape(shape)}`,
    );
  }
  const layout = list.toSorted((a, b) => storedBytes[b.dtype] - storedBytes[a.dtype]);
  const offsets = new Map<string, [number, number]>();
  let end = 0;
  for (const { name, data } of layout) {
    assert(!offsets.has(name) && name !== "__metadata__", `${name} to be stored in ${path} is taken`);
    offsets.set(name, [end, end + data.byteLength]);
    end += data.byteLength;
  }
  const entries = list.map(({ name, dtype, shape }): [string, object] => [
    name,
    { dtype: dtype.toUpperCase(), shape, data_offsets: offsets.get(name) },
  ]);
  await writeFileAtomic(path, async (file) => {
    await writeAll(file, headerBytes(entries, metadata));
    for (const { data } of layout) await writeAll(file, bytesOf(data));
  });
}

function headerBytes(entries: [string, object][], metadata: Readonly<Record<string, string>>): Buffer {
  const extra: [string, object][] = Object.keys(metadata).length === 0 ? [] : [["__metadata__", metadata]];
  // Not an object: its keys would lose their order where a name looks like a number.
  const members = [...extra, ...entries].map(
    ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );
  const json = Buffer.from(`{${members.join(",")}}`);
  const bytes = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, " ");
  bytes.writeBigUInt64LE(BigInt(bytes.length - 8));
  json.copy(bytes, 8);
  return bytes;
}
