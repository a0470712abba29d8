/** 16-bit floats widened to f32, which holds every one of their values exactly. */

let halfTable: Float32Array | undefined;

/** IEEE 754 binary16 words to f32, by a table of all 65536 values made at first use. */
export function widenF16(words: Uint16Array, target: Float32Array): void {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, word) => f16Value(word));
  for (let i = 0; i < words.length; i++) target[i] = halfTable[words[i]!]!;
}

/** bfloat16 words to f32: they are its upper halves. */
export function widenBf16(words: Uint16Array, target: Float32Array): void {
  const bits = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let i = 0; i < words.length; i++) bits[i] = words[i]! << 16;
}

function f16Value(word: number): number {
  const sign = word & 0x8000 ? -1 : 1;
  const exponent = (word >> 10) & 31;
  const fraction = word & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24; // subnormal
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
