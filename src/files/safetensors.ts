import { assert, fail, type Shape, showShape, sizeOf, type TypedArray } from "../core/index.ts";
import { writeAll, writeFileAtomic } from "./atomic.ts";
import { type OpenFile, openFile } from "./byte-source.ts";
import { readElements, storedParts, type WrittenDtype } from "./elements.ts";
import { type Header, parseHeader } from "./safetensors-header.ts";
import { holds, storedBytes, type TensorFile, tensorFile } from "./tensor-file.ts";

/**
 * The safetensors format: u64 header length, JSON header, bare little-endian data.
 */

/** Largest header the published implementation accepts, bytes. */
const maxHeaderBytes = 100_000_000;

/** A tensor to store: `data` holds its elements in row-major order, as the type that `memoryDtype` gives. */
export interface NamedTensor {
  readonly name: string;
  readonly dtype: WrittenDtype;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** An open file with the strings its header holds beside the tensors. */
export interface SafetensorsFile extends TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
}

/** Opens a file and checks its header. @throws BifocalError "checkpoint" naming the file and the defect. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const file = await openFile(path, "a safetensors file");
  try {
    const { tensors, metadata } = await readHeader(file);
    const opened = tensorFile(
      path,
      tensors,
      ({ dtype, start }, target, where) => readElements(file, dtype, start, target, where),
      file.close,
    );
    return { ...opened, metadata };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function readHeader(file: OpenFile): Promise<Header> {
  const { path, size } = file;
  if (size < 8) {
    fail("checkpoint", path, {
      expected: "at least 8 bytes",
      got: `a file of ${size} bytes`,
      todo: "it is truncated or no safetensors file; fetch or save it again",
    });
  }
  const prefix = Buffer.alloc(8);
  await file.read(prefix, 0, path);
  const length = prefix.readBigUInt64LE();
  if (length > BigInt(maxHeaderBytes) || length > BigInt(size - 8)) {
    fail("checkpoint", path, {
      expected: `a header of at most ${Math.min(maxHeaderBytes, size - 8)} bytes`,
      got: `header length ${length}`,
      todo: "it is truncated or no safetensors file; fetch or save it again",
    });
  }
  const bytes = Buffer.alloc(Number(length));
  await file.read(bytes, 8, path);
  return parseHeader(bytes, size, path);
}

/**
 * Writes tensors atomically, in bounded memory beside their own. Header keys keep the order given; the data lie widest
 * type first, so that each tensor is aligned to its own element when the file is mapped.
 * @throws BifocalError when the machine fails or a number exceeds its 16-bit type; an earlier file is then untouched.
 */
export async function writeSafetensors(
  path: string,
  tensors: Iterable<NamedTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const list = [...tensors];
  for (const tensor of list) {
    const { name, dtype, shape } = tensor;
    assert(holds(tensor.data, tensor), `${name} to be stored in ${path} is not ${dtype}${showShape(shape)}`);
  }
  const layout = list.toSorted((a, b) => storedBytes[b.dtype] - storedBytes[a.dtype]);
  const offsets = new Map<string, [number, number]>();
  let end = 0;
  for (const { name, dtype, shape } of layout) {
    assert(!offsets.has(name) && name !== "__metadata__", `${name} to be stored in ${path} is taken`);
    const start = end;
    end += sizeOf(shape) * storedBytes[dtype];
    offsets.set(name, [start, end]);
  }
  const entries = list.map(({ name, dtype, shape }): [string, object] => [
    name,
    { dtype: dtype.toUpperCase(), shape, data_offsets: offsets.get(name) },
  ]);
  await writeFileAtomic(path, async (file) => {
    await writeAll(file, headerBytes(entries, metadata));
    for (const { name, data, dtype } of layout) {
      for (const part of storedParts(data, dtype, `${path} at ${name}`)) await writeAll(file, part);
    }
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
