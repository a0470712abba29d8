/** The two passes of resampling on 128-bit vectors: products of levels and 16-bit weights, two at a time. */
import { type Code, type Definition, wasm } from "../core/wasm.ts";

const { get, set, constant, add, multiply, shiftLeft, less, load, loop, v128, i8x16, i16x8, i32x4 } = wasm;

/** A lane that no byte goes to. */
const none = 0xff;

/** local += what the code leaves. */
const advance = (local: number, code: Code) => [...get(local), ...code, ...add, ...set(local)];

/** half = 1 << (bits - 1) in all lanes. */
const half = (bits: number) => [
  ...constant(1),
  ...get(bits),
  ...constant(-1),
  ...add,
  ...shiftLeft,
  ...i32x4.splat,
];

/**
 * across(from, to, rows, stride, starts, weights, outputs, taps, bits): every row of `stride` bytes becomes `outputs`
 * pixels of three bytes. `starts` is i32[outputs], the bytes before each first tap; `weights` i16[outputs, taps], taps a
 * multiple of 4. Writes one byte more than it should, reads up to 16 further.
 */
const across: Definition = (() => {
  const [from, to, rows, stride, starts, weights, outputs, taps, bits] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
  const [start, weight, lastWeight, end, at] = [9, 10, 11, 12, 13] as const;
  const [sum, pixels] = [14, 15] as const;
  // Of four pixels the same channel of two neighbours side by side, widened to 16 bits.
  const pair = (first: number, offset: number) => [
    ...get(sum),
    ...get(pixels),
    ...v128.constant(
      [0, 1, 2].flatMap((c) => [first + c, none, first + 3 + c, none]).concat(Array(4).fill(none)),
    ),
    ...i8x16.swizzle,
    ...get(weight),
    ...v128.load32Splat(offset),
    ...i32x4.dotI16x8,
    ...i32x4.add,
    ...set(sum),
  ];
  const body = loop(
    [...get(starts), ...set(start), ...get(weights), ...set(weight)],
    [...get(to), ...get(outputs), ...constant(3), ...multiply, ...add, ...set(end)],
    loop(
      [...half(bits), ...set(sum)],
      [...get(from), ...get(start), ...load, ...add, ...set(at)],
      [...get(weight), ...get(taps), ...constant(2), ...multiply, ...add, ...set(lastWeight)],
      loop(
        [...get(at), ...v128.load, ...set(pixels)],
        pair(0, 0),
        pair(6, 4),
        advance(at, constant(12)),
        advance(weight, constant(8)),
        [...get(weight), ...get(lastWeight), ...less],
      ),
      [...get(to), ...get(sum), ...get(bits), ...i32x4.shiftRight, ...get(sum), ...i16x8.narrowI32x4Signed],
      [...get(sum), ...i8x16.narrowI16x8Unsigned, ...v128.store32Lane0],
      advance(start, constant(4)),
      advance(to, constant(3)),
      [...get(to), ...get(end), ...less],
    ),
    advance(from, get(stride)),
    advance(rows, constant(-1)),
    [...get(rows)],
  );
  return { parameters: 9, integers: 5, vectors: 2, body };
})();

/**
 * down(from, to, bytes, starts, weights, outputs, taps, bits): rows of `bytes` bytes become `outputs` rows. `starts` is
 * i32[outputs], the bytes before each first row; `weights` i16[outputs, taps], taps a multiple of 2. Writes up to 15
 * bytes more than it should, reads up to a row and 16 bytes further.
 */
const down: Definition = (() => {
  const [from, to, bytes, starts, weights, outputs, taps, bits] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
  const [weight, lastWeight, byte, at] = [8, 9, 10, 11] as const;
  const sums = [12, 13, 14, 15] as const;
  const [upper, lower, pairs, factor] = [16, 17, 18, 19] as const;
  const interleaved = (first: number) =>
    Array.from({ length: 16 }, (_, i) => first + (i >> 1) + 16 * (i & 1));
  const gather = (sum: number, extend: Code) => [
    ...get(sum),
    ...get(pairs),
    ...extend,
    ...get(factor),
    ...i32x4.dotI16x8,
    ...i32x4.add,
    ...set(sum),
  ];
  const interleave = (first: number) => [
    ...get(upper),
    ...get(lower),
    ...i8x16.shuffle(interleaved(first)),
    ...set(pairs),
  ];
  const shifted = (sum: number) => [...get(sum), ...get(bits), ...i32x4.shiftRight];
  const body = loop(
    [...get(weights), ...get(taps), ...constant(2), ...multiply, ...add, ...set(lastWeight)],
    [...constant(0), ...set(byte)],
    loop(
      sums.flatMap((sum) => [...half(bits), ...set(sum)]),
      [...get(from), ...get(starts), ...load, ...add, ...get(byte), ...add, ...set(at)],
      [...get(weights), ...set(weight)],
      loop(
        [...get(at), ...v128.load, ...set(upper)],
        advance(at, get(bytes)),
        [...get(at), ...v128.load, ...set(lower)],
        advance(at, get(bytes)),
        [...get(weight), ...v128.load32Splat(0), ...set(factor)],
        interleave(0),
        gather(sums[0], i16x8.extendLowUnsigned),
        gather(sums[1], i16x8.extendHighUnsigned),
        interleave(8),
        gather(sums[2], i16x8.extendLowUnsigned),
        gather(sums[3], i16x8.extendHighUnsigned),
        advance(weight, constant(4)),
        [...get(weight), ...get(lastWeight), ...less],
      ),
      [...get(to), ...get(byte), ...add],
      [...shifted(sums[0]), ...shifted(sums[1]), ...i16x8.narrowI32x4Signed],
      [...shifted(sums[2]), ...shifted(sums[3]), ...i16x8.narrowI32x4Signed],
      [...i8x16.narrowI16x8Unsigned, ...v128.store],
      advance(byte, constant(16)),
      [...get(byte), ...get(bytes), ...less],
    ),
    advance(to, get(bytes)),
    advance(starts, constant(4)),
    [...get(lastWeight), ...set(weights)],
    advance(outputs, constant(-1)),
    [...get(outputs)],
  );
  return { parameters: 8, integers: 4, vectors: 8, body };
})();

/** What `instantiate` makes a module of. */
export const resampleKernels = { across, down };
