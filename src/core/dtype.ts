/**
 * Element types of tensors. There is no f64: the reference backend computes in it whatever the dtype. bf16, the upper
 * half of an f32, exists only inside graphs: on the host its numbers are f32.
 */
export type Dtype = "f32" | "bf16" | "i32" | "u8" | "bool";

/** Plain memory behind a tensor. `bool` is one byte per element, 0 or 1. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Bytes of one element as backends hold it. */
export const dtypeBytes: Record<Dtype, number> = { f32: 4, bf16: 2, i32: 4, u8: 1, bool: 1 };

const constructors = {
  f32: Float32Array,
  bf16: Float32Array,
  i32: Int32Array,
  u8: Uint8Array,
  bool: Uint8Array,
} as const;

/** The nearest number that bf16 has, of two equally near the one with an even last bit. */
export function roundToBf16(value: number): number {
  float[0] = value;
  // Not a number stays one: rounding could carry its bits into infinity's.
  if (Number.isNaN(value)) return value;
  bits[0] = (bits[0]! + 0x7fff + ((bits[0]! >>> 16) & 1)) & 0xffff0000;
  return float[0];
}

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** Zeroed memory of `length` elements outside V8's moving heap (its address stays put), shared between threads on request. */
export function allocate(dtype: Dtype, length: number, shared = false): TypedArray {
  const bytes = Math.max(constructors[dtype].BYTES_PER_ELEMENT * length, 8);
  const buffer = shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  return new constructors[dtype](buffer as ArrayBuffer, 0, length);
}
