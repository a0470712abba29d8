/**
 * AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2) as a graph over flat chunks, in place.
 */

import type { Backend, Bound } from "../backends/backend.ts";
import { allocate } from "../core/dtype.ts";
import { graphOf } from "../graph/graph.ts";
import { apply, full, type Tensor } from "../graph/tensor.ts";
import type { OptimizerConfig } from "./config.ts";
import type { ParameterStore } from "./parameter-store.ts";

/** Works on the store it was made for, in place. */
export interface Optimizer {
  /** Norm of all gradients together, as they lie in the store. */
  gradientNorm(): Promise<number>;
  /** One update with the gradients in the store times `gradientScale`; `step` counts from 0. */
  update(step: number, lr: number, gradientScale: number): Promise<void>;
}

/** Binds one compiled update to every chunk of the store, whose moments it takes as they are, zero or resumed. */
export async function adamW(
  backend: Backend,
  store: ParameterStore,
  config: OptimizerConfig,
): Promise<Optimizer> {
  const { flat, chunks, chunkLength: n } = store;
  const input = (name: string, length = n): Tensor =>
    apply("input", { name, type: { dtype: "f32", shape: [length] } });
  const part = (whole: Float32Array, start: number) => whole.subarray(start, start + n);

  const g = input("gradient");
  const squares = await backend.compile(graphOf({ sum: g.mul(g).sumAll() }));
  const sums = allocate("f32", chunks.length) as Float32Array;
  const norms = chunks.map(({ start }, i) =>
    squares.bind({ gradient: part(flat.gradients, start) }, { sum: sums.subarray(i, i + 1) }),
  );

  const updates = await backend.compile(updateGraph(input, config));
  // Each group of chunks with its own learning rate and decay reads its own four scalars.
  const scalars = new Map<string, Float32Array>();
  const bound = chunks.map(({ start, factor, decay }) => {
    const key = `${factor} ${decay}`;
    const values = scalars.get(key) ?? (allocate("f32", 4) as Float32Array);
    scalars.set(key, values);
    const weight = part(flat.weights, start);
    const first = part(flat.first, start);
    const second = part(flat.second, start);
    const gradient = part(flat.gradients, start);
    const leaves = { gradient, weight, first, second, ...scalarViews(values) };
    return updates.bind(leaves, { weight, first, second });
  });

  return {
    gradientNorm: async () => {
      await runAll(norms);
      return Math.sqrt(sums.reduce((total, sum) => total + sum, 0));
    },
    update: async (step, lr, gradientScale) => {
      const correct1 = 1 - config.beta1 ** (step + 1);
      const correct2 = 1 - config.beta2 ** (step + 1);
      for (const { factor, decay } of chunks) {
        const rate = lr * factor;
        const keep = 1 - (decay ? rate * config.weightDecay : 0);
        scalars.get(`${factor} ${decay}`)!.set([gradientScale, keep, rate / correct1, 1 / correct2]);
      }
      await runAll(bound);
    },
  };
}

async function runAll(bounds: readonly Bound[]): Promise<void> {
  for (const bound of bounds) await bound.run();
}

const scalarNames = ["gradientScale", "keep", "rate", "correction"] as const;

function scalarViews(values: Float32Array): Record<string, Float32Array> {
  return Object.fromEntries(scalarNames.map((name, i) => [name, values.subarray(i, i + 1)]));
}

/**
 * g = scale * gradient; first = b1 first + (1 - b1) g; second = b2 second + (1 - b2) g^2;
 * weight = keep * weight - rate * first / (sqrt(correction * second) + epsilon), with rate and correction bias-corrected.
 */
function updateGraph(input: (name: string, length?: number) => Tensor, c: OptimizerConfig) {
  const scalar = (name: (typeof scalarNames)[number]) => input(name, 1);
  const g = input("gradient").mul(scalar("gradientScale"));
  const first = input("first")
    .mul(c.beta1)
    .add(g.mul(1 - c.beta1));
  const second = input("second")
    .mul(c.beta2)
    .add(g.mul(g).mul(1 - c.beta2));
  const step = first.div(second.mul(scalar("correction")).sqrt().add(full(c.epsilon)));
  const weight = input("weight")
    .mul(scalar("keep"))
    .sub(step.mul(scalar("rate")));
  return graphOf({ weight, first, second });
}
