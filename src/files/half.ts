/** 16-bit floats: widened to f32, which holds every one of their values exactly, and rounded from it. */

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

/** f32 to IEEE 754 binary16 words, to nearest even; from 65520 on to infinity, NaN stays NaN. */
export function narrowF16(values: Float32Array, target: Uint16Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) target[i] = f16Word(bits[i]!);
}

/** f32 to bfloat16 words, to nearest even; NaN stays NaN. */
export function narrowBf16(values: Float32Array, target: Uint16Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    const invalid = (word & 0x7fffffff) > 0x7f800000;
    // A quiet bit keeps a NaN whose payload lies in the lower half from becoming infinity.
    target[i] = invalid ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
}

/** The bits of an f32 rounded to those of a binary16. */
function f16Word(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00; // NaN
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 lies halfway between the largest number and the next
  if (magnitude >= 0x38800000) {
    const rebiased = magnitude - 0x38000000; // exponent bias 127 to 15
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  if (magnitude <= 0x33000000) return sign; // 2^-25 lies halfway between 0 and the smallest subnormal
  const shift = 126 - (magnitude >>> 23);
  const fraction = (magnitude & 0x7fffff) | 0x800000;
  const rest = fraction & (2 ** shift - 1);
  const half = 2 ** (shift - 1);
  const kept = fraction >>> shift;
  return sign | (kept + (rest > half || (rest === half && kept % 2 === 1) ? 1 : 0));
}
