/** Element types of tensors. There is no f64: the reference backend computes in it whatever the dtype. */
export type Dtype = "f32" | "i32" | "u8" | "bool";

/** Plain memory behind a tensor. `bool` is one byte per element, 0 or 1. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Bytes of one element as backends hold it. */
export const dtypeBytes: Record<Dtype, number> = { f32: 4, i32: 4, u8: 1, bool: 1 };

const constructors = { f32: Float32Array, i32: Int32Array, u8: Uint8Array, bool: Uint8Array } as const;

/** Zeroed memory of `length` elements outside V8's moving heap (its address stays put), shared between threads on request. */
export function allocate(dtype: Dtype, length: number, shared = false): TypedArray {
  const bytes = Math.max(dtypeBytes[dtype] * length, 8);
  const buffer = shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  return new constructors[dtype](buffer as ArrayBuffer, 0, length);
}
