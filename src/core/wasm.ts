/**
 * Enough of WebAssembly's binary format (webassembly.github.io/spec/core/binary, version 2.0 with 128-bit vectors) to
 * write a loop over numbers in it: JavaScript has no vectors, and looks twice at every byte that it reads.
 */

/** Instructions in bytes; a function's body is one after another. */
export type Code = readonly number[];

/** What a function of the module takes, beside the number of its own locals: all i32 first, then vectors. */
export interface Definition {
  readonly parameters: number;
  readonly integers: number;
  readonly vectors: number;
  readonly body: Code;
}

/** A module's memory, and its functions by name: they take i32 and return nothing. */
export interface Instance {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly functions: Readonly<Record<string, (...values: number[]) => void>>;
}

declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Record<string, never> };
};

/** Bytes of one page of memory. */
const pageBytes = 65536;

/** Memory, in bytes, that is not kept for the next call. */
export const largeBytes = 2 ** 26;

/** Unsigned LEB128. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

/** Signed LEB128. */
function signed(value: number): Code {
  return value >= -64 && value < 64 ? [value & 127] : [(value & 127) | 128, ...signed(value >> 7)];
}

const vector = (code: number, ...rest: number[]): Code => [0xfd, ...unsigned(code), ...rest];

/** Instructions by their names in the specification; numbers are locals, offsets in bytes or lanes. */
export const wasm = {
  get: (local: number): Code => [0x20, ...unsigned(local)],
  set: (local: number): Code => [0x21, ...unsigned(local)],
  constant: (value: number): Code => [0x41, ...signed(value)],
  add: [0x6a],
  multiply: [0x6c],
  and: [0x71],
  or: [0x72],
  shiftLeft: [0x74],
  /** Of unsigned numbers. */
  shiftRight: [0x76],
  /** Less than, as unsigned numbers. */
  less: [0x49],
  load: [0x28, 0, 0],
  loadAt: (offset: number): Code => [0x28, 0, ...unsigned(offset)],
  storeAt: (offset: number): Code => [0x36, 0, ...unsigned(offset)],
  /** One byte, as an unsigned number. */
  load8: (offset: number): Code => [0x2d, 0, ...unsigned(offset)],
  store8: (offset: number): Code => [0x3a, 0, ...unsigned(offset)],
  /** Again while the body leaves something else than 0. */
  loop: (...body: readonly Code[]): Code => [0x03, 0x40, ...body.flat(), 0x0d, 0, 0x0b],
  v128: {
    load: vector(0x00, 0, 0),
    loadAt: (offset: number) => vector(0x00, 0, ...unsigned(offset)),
    load32Splat: (offset: number) => vector(0x09, 0, ...unsigned(offset)),
    store: vector(0x0b, 0, 0),
    storeAt: (offset: number) => vector(0x0b, 0, ...unsigned(offset)),
    store32Lane0: vector(0x5a, 0, 0, 0),
    constant: (bytes: readonly number[]) => vector(0x0c, ...bytes),
  },
  i8x16: {
    shuffle: (lanes: readonly number[]) => vector(0x0d, ...lanes),
    swizzle: vector(0x0e),
    narrowI16x8Unsigned: vector(0x66),
  },
  i16x8: {
    narrowI32x4Signed: vector(0x85),
    extendLowUnsigned: vector(0x89),
    extendHighUnsigned: vector(0x8a),
  },
  f32x4: {
    sqrt: vector(0xe3),
    add: vector(0xe4),
    subtract: vector(0xe5),
    multiply: vector(0xe6),
    divide: vector(0xe7),
  },
  i32x4: { splat: vector(0x11), shiftRight: vector(0xac), add: vector(0xae), dotI16x8: vector(0xba) },
} as const;

/** Gives an instance at least so many bytes of memory; arrays over it are to be made anew. */
export function growTo({ memory }: Instance, bytes: number): void {
  const missing = bytes - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / pageBytes));
}

/** Builds a module of the functions, with a memory of one page that can grow. */
export function instantiate(definitions: Readonly<Record<string, Definition>>): Instance {
  const all = Object.entries(definitions);
  const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
  const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
  const name = (text: string): Code => list([...text].map((letter) => [letter.charCodeAt(0)]));
  const [i32, v128] = [0x7f, 0x7b];
  const types = all.map(([, { parameters }]) => [
    0x60,
    ...list(Array.from({ length: parameters }, () => [i32])),
    0,
  ]);
  const bodies = all.map(([, { integers, vectors, body }]) => {
    const code = [
      ...list([
        [integers, i32],
        [vectors, v128],
      ]),
      ...body,
      0x0b,
    ];
    return [...unsigned(code.length), ...code];
  });
  const module = [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, list(types)),
    ...section(3, list(all.map((_, i) => [i]))),
    ...section(5, list([[0x00, 1]])),
    ...section(7, list([[...name("memory"), 2, 0], ...all.map(([key], i) => [...name(key), 0, i])])),
    ...section(10, list(bodies)),
  ];
  const { memory, ...functions } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module)))
    .exports;
  return { memory: memory!, functions };
}
