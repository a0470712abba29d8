/** AdamW on a device, by an op of the backend for each run of chunks that are updated alike. */

import type { Backend, Bound, Device } from "../../backends/backend.ts";
import { allocate } from "../../core/dtype.ts";
import { type Graph, graphOf } from "../../graph/graph.ts";
import { apply, type Tensor } from "../../graph/tensor.ts";
import type { OptimizerConfig } from "../config.ts";
import { type Group, type Optimizer, stepOf } from "../optimizer.ts";
import type { ParameterStore } from "../parameter-store.ts";

/** Compiles what an op does not do: norms and the running mean. */
export async function deviceAdamW(
  backend: Backend,
  device: Device,
  store: ParameterStore,
  config: OptimizerConfig,
  keepMean: number | undefined,
): Promise<Optimizer> {
  const { beta1, beta2, epsilon } = config;
  const runs = runsOf(store);
  const sums = allocate("f32", runs.length) as Float32Array;
  const parts: { readonly run: Run; readonly norm: Bound; readonly mean: Bound | undefined }[] = [];
  for (const [i, run] of runs.entries()) {
    const { gradient, weight, average } = run.arrays;
    const norm = await compiled(backend, run, ({ gradient: g }) => ({ sum: g!.mul(g!).sumAll() }));
    const mean =
      keepMean === undefined || average === undefined
        ? undefined
        : (await compiled(backend, run, (of) => ({ average: meanOf(of, keepMean) }))).bind(
            { weight, average },
            { average },
          );
    parts.push({ run, norm: norm.bind({ gradient }, { sum: sums.subarray(i, i + 1) }), mean });
  }
  return {
    gradientNorm: async () => {
      for (const { norm } of parts) await norm.run();
      return Math.sqrt(sums.reduce((total, sum) => total + sum, 0));
    },
    update: async (step, lr, gradientScale) => {
      for (const { run, mean } of parts) {
        if (run.group.from > step) continue;
        const { weight, gradient, first, second } = run.arrays;
        const numbers = { beta1, beta2, epsilon, gradientScale, ...stepOf(run.group, config, step, lr) };
        device.adamW({ weight, gradient, first, second }, numbers);
        await mean?.run();
      }
    },
    close: async () => {},
  };
}

/** Neighbours that are updated alike, as one. */
interface Run {
  readonly group: Group;
  readonly length: number;
  readonly arrays: Readonly<Record<"weight" | "gradient" | "first" | "second", Float32Array>> & {
    readonly average: Float32Array | undefined;
  };
}

function runsOf({ chunks, chunkLength, flat }: ParameterStore): Run[] {
  const spans: { group: Group; start: number; end: number }[] = [];
  for (const { start, ...group } of chunks) {
    const before = spans.at(-1);
    if (before !== undefined && JSON.stringify(before.group) === JSON.stringify(group))
      before.end += chunkLength;
    else spans.push({ group, start, end: start + chunkLength });
  }
  return spans.map(({ group, start, end }) => {
    const part = (whole: Float32Array) => whole.subarray(start, end);
    const arrays = {
      weight: part(flat.weights),
      gradient: part(flat.gradients),
      first: part(flat.first),
      second: part(flat.second),
      average: flat.average && part(flat.average),
    };
    return { group, length: end - start, arrays };
  });
}

/** average = keep average + (1 - keep) weight, of weights that are updated already. */
function meanOf({ average, weight }: Readonly<Record<string, Tensor>>, keep: number): Tensor {
  return average!.mul(keep).add(weight!.mul(1 - keep));
}

function compiled(
  backend: Backend,
  { length }: Run,
  build: (of: Readonly<Record<string, Tensor>>) => Graph["outputs"],
) {
  const input = (name: string) => apply("input", { name, type: { dtype: "f32", shape: [length] } });
  const [gradient, weight, average] = ["gradient", "weight", "average"].map(input);
  return backend.compile(graphOf(build({ gradient: gradient!, weight: weight!, average: average! })));
}
