import { allocate, assert, fail, type Shape, showShape, sizeOf, type TypedArray } from "../core/index.ts";

/** What all files of weights share, whatever their format: names, types and shapes first, elements on request. */

/** Element types that can be read; a file with another one is refused when it is opened. */
export type StoredDtype = "f64" | "f32" | "f16" | "bf16" | "i64" | "i32" | "i16" | "i8" | "u8" | "bool";

/** Bytes of one stored element. */
export const storedBytes: Readonly<Record<StoredDtype, number>> = {
  f64: 8,
  i64: 8,
  f32: 4,
  i32: 4,
  f16: 2,
  bf16: 2,
  i16: 2,
  i8: 1,
  u8: 1,
  bool: 1,
};

/** What elements are in memory: f16 and bf16 become f32; i64, i16 and i8 become i32; the others stay. */
export const memoryDtype = {
  f64: "f64",
  f32: "f32",
  f16: "f32",
  bf16: "f32",
  i64: "i32",
  i32: "i32",
  i16: "i32",
  i8: "i32",
  u8: "u8",
  bool: "bool",
} as const satisfies Readonly<Record<StoredDtype, string>>;

const arrays = { f64: Float64Array, f32: Float32Array, i32: Int32Array, u8: Uint8Array, bool: Uint8Array };

/** A tensor as it lies in the file. */
export interface StoredTensor {
  readonly dtype: StoredDtype;
  readonly shape: Shape;
}

/** An open file whose description was checked against its size; elements are read on request. */
export interface TensorFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /**
   * New memory with the tensor's elements in row-major order, of the type that `memoryDtype` gives.
   * @throws BifocalError for an unknown name, an i64 beyond i32, a bool that is not 0 or 1, a file cut since.
   */
  read(name: string): Promise<TypedArray>;
  /** As `read`, into memory of the type and length that `read` would give. */
  readInto(name: string, target: TypedArray): Promise<void>;
  close(): Promise<void>;
}

/** Whether `data` is the memory a tensor of this type and shape is read into and written from. */
export function holds(data: TypedArray, { dtype, shape }: StoredTensor): boolean {
  return data instanceof arrays[memoryDtype[dtype]] && data.length === sizeOf(shape);
}

/** A file from its parts: `fill` reads one tensor of `tensors` into memory that `holds` it. */
export function tensorFile<T extends StoredTensor>(
  path: string,
  tensors: ReadonlyMap<string, T>,
  fill: (tensor: T, target: TypedArray, where: string) => Promise<void>,
  close: () => Promise<void>,
): TensorFile {
  const find = (name: string) =>
    tensors.get(name) ??
    fail("checkpoint", path, {
      expected: `a tensor named ${name}`,
      got: `${tensors.size} tensors without it`,
    });
  const readInto = async (name: string, target: TypedArray) => {
    const tensor = find(name);
    assert(
      holds(target, tensor),
      `${name} in ${path} is ${tensor.dtype}${showShape(tensor.shape)}, not ${target.length} elements of another type`,
    );
    await fill(tensor, target, `${path} at ${name}`);
  };
  return {
    path,
    tensors,
    readInto,
    read: async (name) => {
      const { dtype, shape } = find(name);
      const target = newMemory(dtype, sizeOf(shape));
      await readInto(name, target);
      return target;
    },
    close,
  };
}

/** Zeroed memory for `length` elements that are stored as `dtype`. */
export function newMemory(dtype: StoredDtype, length: number): TypedArray {
  const into = memoryDtype[dtype];
  return into === "f64" ? new Float64Array(length) : allocate(into, length);
}
