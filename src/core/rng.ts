/**
 * Counter-based random numbers: every draw is a pure function of (key, counter), so results do not depend on
 * the order of calls, on the number of workers or on where a run was resumed.
 */

/** One round of the 32-bit finaliser of MurmurHash3 (public domain constants); a bijection of 32-bit words. */
export function mix32(word: number): number {
  let x = word | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) | 0;
}

/** Hashes a name to a 32-bit word (FNV-1a over UTF-16 units, then mixed). */
export function hashName(name: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return mix32(hash);
}

/** Folds words and names into one key: the order of the parts matters. */
export function foldKey(...parts: readonly (number | string)[]): number {
  let key = 0x9e3779b9 | 0;
  for (const part of parts) {
    const word =
      typeof part === "string" ? hashName(part) : mix32(part | 0) ^ mix32(Math.floor(part / 4294967296) | 0);
    key = mix32((key + Math.imul(word, 0x9e3779b1) + 0x7f4a7c15) | 0);
  }
  return key;
}

/** A stream of draws under one key. Cheap to make: make one per (seed, step, example). */
export interface Rng {
  /** Uniform 32-bit word. */
  bits(): number;
  /** Uniform in [0, 1) with 32 random bits. */
  uniform(): number;
  /** Uniform integer in [0, n). */
  integer(n: number): number;
  /** Standard normal (Box-Muller). */
  normal(): number;
  /** One element. */
  pick<T>(items: readonly T[]): T;
  /** A new array in random order (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[];
}

/** The stream under the key that `foldKey` makes of the parts, from its start: `rng(seed, "init", name)`. */
export function rng(...parts: readonly (number | string)[]): Rng {
  const key = foldKey(...parts);
  const key2 = mix32(key ^ 0x5bd1e995);
  let counter = 0;
  const bits = () => {
    counter = (counter + 1) | 0;
    return mix32(mix32(Math.imul(counter, 0x9e3779b1) ^ key) + key2) >>> 0;
  };
  const uniform = () => bits() / 4294967296;
  const integer = (n: number) => Math.floor(uniform() * n);
  return {
    bits,
    uniform,
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    pick: (items) => items[integer(items.length)]!,
    shuffle: (items) => {
      const result = [...items];
      for (let i = result.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        [result[i], result[j]] = [result[j]!, result[i]!];
      }
      return result;
    },
  };
}

/**
 * The i-th element of a seeded permutation of 0..n-1 without storing it: a 4-round Feistel network over the
 * next power of four, walking until the image falls below n. Seekable shuffling for datasets of any size.
 */
export function permuted(index: number, n: number, key: number): number {
  let halfBits = 1;
  while (4 ** halfBits < n) halfBits++;
  const mask = 2 ** halfBits - 1;
  let value = index;
  do {
    let left = Math.floor(value / (mask + 1)) & mask;
    let right = value & mask;
    for (let round = 0; round < 4; round++) {
      const mixed = mix32(right ^ mix32(key + Math.imul(round + 1, 0x9e3779b1))) & mask;
      [left, right] = [right, left ^ mixed];
    }
    value = left * (mask + 1) + right;
  } while (value >= n);
  return value;
}
