/** Passes over a picture's levels through tables, which WebAssembly makes in a third of JavaScript's time. */
import { type Code, type Definition, wasm } from "../core/wasm.ts";

const { get, set, constant, add, multiply, shiftLeft, shiftRight, and, or, less, loop } = wasm;
const { load8, store8, loadAt, storeAt } = wasm;

/** Where the tables lie in the kernels' memory, in bytes; the picture comes behind them. */
export const tables = {
  /** u8[3, 256]: new levels of red, of green and of blue. */
  levels: 0,
  /** u32[3, 256]: how often red, green and blue have each level. */
  counts: 1024,
  /** u8[3316]: what nine pixels and four times the middle are on average. */
  means: 4096,
  /** u8[256, 256]: the new level between a grey or mean and a level. */
  blended: 8192,
  end: 8192 + 65536,
} as const;

const channels = [0, 1, 2] as const;
const next = (local: number, step: number): Code => [...get(local), ...constant(step), ...add, ...set(local)];
const until = (local: number, end: number): Code => [...get(local), ...get(end), ...less];

// Parameters of a pass over pixels: where the picture is, and where it ends.
const [at, end] = [0, 1] as const;

/** A pass from pixel to pixel, with so many integers of its own. */
const perPixel = (integers: number, body: readonly Code[]): Definition => ({
  parameters: 2,
  integers,
  vectors: 0,
  body: loop(...body, next(at, 3), until(at, end)),
});

/** lookUp(at, end): every level is replaced by that of its channel's table. */
const lookUp: Definition = (() => {
  const replace = (c: number) => [
    ...get(at),
    ...get(at),
    ...load8(c),
    ...load8(tables.levels + 256 * c),
    ...store8(c),
  ];
  return perPixel(0, channels.map(replace));
})();

/** count(at, end): adds every level to its channel's counts. */
const count: Definition = (() => {
  const entry = 2;
  const one = (c: number) => {
    const offset = tables.counts + 1024 * c;
    return [
      ...[...get(at), ...load8(c), ...constant(2), ...shiftLeft, ...set(entry)],
      ...[...get(entry), ...get(entry), ...loadAt(offset), ...constant(1), ...add, ...storeAt(offset)],
    ];
  };
  return perPixel(1, channels.map(one));
})();

/** saturate(at, end): every level becomes the one between its pixel's grey and itself (ITU-R 601, 16 fractional bits). */
const saturate: Definition = (() => {
  const grey = 2;
  const part = (c: number, weight: number) => [
    ...get(at),
    ...load8(c),
    ...constant(weight),
    ...multiply,
    ...add,
  ];
  // 256 times the grey: what lies above its fraction, shifted by 8 too few.
  const greyRow = [
    ...[...constant(0x8000), ...part(0, 19595), ...part(1, 38470), ...part(2, 7471)],
    ...[...constant(8), ...shiftRight, ...constant(0xff00), ...and, ...set(grey)],
  ];
  const blend = (c: number) => [
    ...[...get(at), ...get(grey), ...get(at), ...load8(c), ...or],
    ...[...load8(tables.blended), ...store8(c)],
  ];
  return perPixel(1, [greyRow, ...channels.map(blend)]);
})();

/**
 * sharpen(above, to, end, row): levels from `to` to `end` become the ones between the mean of their neighbourhood and
 * themselves. They are read from a copy, whose pixel to the upper left is at `above`; rows have `row` bytes.
 */
const sharpen: Definition = (() => {
  const [above, to, end, row, here, below, level] = [0, 1, 2, 3, 4, 5, 6] as const;
  const three = (line: number) => channels.flatMap((i) => [...get(line), ...load8(3 * i), ...add]);
  return {
    parameters: 4,
    integers: 3,
    vectors: 0,
    body: loop(
      [...get(above), ...get(row), ...add, ...set(here)],
      [...get(here), ...get(row), ...add, ...set(below)],
      [...get(here), ...load8(3), ...set(level)],
      get(to),
      [...get(level), ...constant(4), ...multiply, ...three(above), ...three(here), ...three(below)],
      [...load8(tables.means), ...constant(8), ...shiftLeft, ...get(level), ...or],
      [...load8(tables.blended), ...store8(0)],
      next(above, 1),
      next(to, 1),
      until(to, end),
    ),
  };
})();

/** What `instantiate` makes a module of. */
export const colourKernels = { lookUp, count, saturate, sharpen };
