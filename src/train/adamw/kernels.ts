/** AdamW on 128-bit vectors: one pass over a few thousand numbers, which lie in the kernels' memory meanwhile. */
import { type Code, type Definition, growTo, instantiate, wasm } from "../../core/wasm.ts";

const { get, set, constant, add, less, loop, v128, f32x4 } = wasm;

/** Elements that fit into a core's cache with all that belongs to them. */
const blockLength = 8192;
/** Where things lie, in bytes: numbers of the step, sums, then a block of each array. */
const places = { numbers: 0, sums: 64, blocks: 128 };
const blockBytes = 4 * blockLength;
const block = (array: number) => places.blocks + array * blockBytes;
const [weights, gradients, first, second, average] = [0, 1, 2, 3, 4].map(block) as [
  number,
  number,
  number,
  number,
  number,
];

/** The numbers of an update, the same for all elements of a chunk; `keepMean` is read where there is a running mean. */
export interface UpdateNumbers {
  readonly gradientScale: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 - lr * weightDecay */
  readonly keep: number;
  /** lr / (1 - beta1^updates) */
  readonly rate: number;
  /** 1 / (1 - beta2^updates) */
  readonly correction: number;
  readonly keepMean: number;
}

const [at, end] = [0, 1] as const;
const [scale, keep1, add1, keep2, add2, correction, epsilon, keep, rate, keepMean, addMean] = [
  2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
] as const;
const [g, m, v, w] = [13, 14, 15, 16] as const;
const numbers = [scale, keep1, add1, keep2, add2, correction, epsilon, keep, rate, keepMean, addMean];

const load = (array: number): Code => [...get(at), ...v128.loadAt(array)];
const times = (a: Code, b: Code): Code => [...a, ...b, ...f32x4.multiply];
const plus = (a: Code, b: Code): Code => [...a, ...b, ...f32x4.add];
/** Sets a local and writes it to the array. */
const write = (array: number, local: number, value: Code): Code => [
  ...[...value, ...set(local)],
  ...[...get(at), ...get(local), ...v128.storeAt(array)],
];
const next: Code = [
  ...[...get(at), ...constant(16), ...add, ...set(at)],
  ...[...get(at), ...get(end), ...less],
];

/**
 * update(at, end), bytes of a block: g = scale gradient; first = b1 first + (1 - b1) g; second = b2 second + (1 - b2) g^2;
 * weight = keep weight - rate first / (sqrt(correction second) + epsilon); the mean, where there is one, follows it.
 */
const update = (withMean: boolean): Definition => {
  const denominator = plus([...times(get(v), get(correction)), ...f32x4.sqrt], get(epsilon));
  const step = times([...get(m), ...denominator, ...f32x4.divide], get(rate));
  const follow = write(average, g, plus(times(load(average), get(keepMean)), times(get(w), get(addMean))));
  const body: Code = [
    ...numbers.flatMap((local, i) => [
      ...[...constant(places.numbers), ...v128.load32Splat(4 * i)],
      ...set(local),
    ]),
    ...loop(
      [...times(load(gradients), get(scale)), ...set(g)],
      write(first, m, plus(times(load(first), get(keep1)), times(get(g), get(add1)))),
      write(second, v, plus(times(load(second), get(keep2)), times(times(get(g), get(g)), get(add2)))),
      write(weights, w, [...times(load(weights), get(keep)), ...step, ...f32x4.subtract]),
      withMean ? follow : [],
      next,
    ),
  ];
  return { parameters: 2, integers: 0, vectors: 15, body };
};

/** squares(at, end): adds the squares of gradients to eight sums, one after another. */
const squares: Definition = (() => {
  const [sums, values] = [[2, 3], 4] as const;
  const addTo = (sum: number, half: number): Code => [
    ...[...get(at), ...v128.loadAt(gradients + 16 * half), ...set(values)],
    ...[...plus(get(sum), times(get(values), get(values))), ...set(sum)],
  ];
  const move = (sum: number, half: number) => [
    ...[...constant(places.sums), ...v128.loadAt(16 * half), ...set(sum)],
  ];
  const body: Code = [
    ...sums.flatMap(move),
    ...loop(...sums.map(addTo), [
      ...[...get(at), ...constant(32), ...add, ...set(at)],
      ...[...get(at), ...get(end), ...less],
    ]),
    ...sums.flatMap((sum, half) => [...constant(places.sums), ...get(sum), ...v128.storeAt(16 * half)]),
  ];
  return { parameters: 2, integers: 0, vectors: 3, body };
})();

/** Parts of the arrays of a store, all of one length; the mean of weights where one is kept. */
export interface UpdateArrays {
  readonly weights: Float32Array;
  readonly gradients: Float32Array;
  readonly first: Float32Array;
  readonly second: Float32Array;
  readonly average: Float32Array | undefined;
}

/** The kernels with memory of their own: a thread has one. */
export interface AdamWKernels {
  /** One update in place (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2). */
  update(arrays: UpdateArrays, numbers: UpdateNumbers): void;
  /** In f32: eight sums side by side, which are added up at the end, and what is left over. */
  sumOfSquares(gradients: Float32Array): number;
}

/** Compiles the kernels, in a millisecond. */
export function adamWKernels(): AdamWKernels {
  const instance = instantiate({ update: update(false), updateMean: update(true), squares });
  growTo(instance, block(5));
  const memory = new Float32Array(instance.memory.buffer);
  const inBlock = (array: number, length: number) => memory.subarray(array / 4, array / 4 + length);
  const { functions } = instance;
  return {
    update: (arrays, n) => {
      const { weights: w, gradients: g, first: m, second: v, average: mean } = arrays;
      const read: [number, Float32Array][] = [
        [weights, w],
        [gradients, g],
        [first, m],
        [second, v],
      ];
      if (mean !== undefined) read.push([average, mean]);
      const written = read.filter(([array]) => array !== gradients);
      memory.set(
        [
          ...[n.gradientScale, n.beta1, 1 - n.beta1, n.beta2, 1 - n.beta2, n.correction, n.epsilon],
          ...[n.keep, n.rate, n.keepMean, 1 - n.keepMean],
        ],
        places.numbers / 4,
      );
      const run = mean === undefined ? functions.update! : functions.updateMean!;
      for (let start = 0; start < w.length; start += blockLength) {
        const length = Math.min(blockLength, w.length - start);
        for (const [array, values] of read)
          inBlock(array, length).set(values.subarray(start, start + length));
        run(0, 4 * length);
        for (const [array, values] of written) values.set(inBlock(array, length), start);
      }
    },
    sumOfSquares: (values) => {
      const sums = memory.subarray(places.sums / 4, places.sums / 4 + 8).fill(0);
      const whole = values.length - (values.length % 8);
      for (let start = 0; start < whole; start += blockLength) {
        const length = Math.min(blockLength, whole - start);
        inBlock(gradients, length).set(values.subarray(start, start + length));
        functions.squares!(0, 4 * length);
      }
      const rest = Array.from(values.subarray(whole), (value) => Math.fround(value * value));
      const four = rest.length < 4 ? [0, 0, 0, 0] : rest.splice(0, 4);
      const [a, b, c, d] = four.map((square, lane) =>
        Math.fround(Math.fround(sums[lane]! + sums[lane + 4]!) + square),
      );
      const sum = Math.fround(Math.fround(a! + c!) + Math.fround(b! + d!));
      return rest.reduce((total, square) => Math.fround(total + square), sum);
    },
  };
}
