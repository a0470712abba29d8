/** Forward and backward through the blocks of ViT-B on 8 pictures: how near training comes to the machine's peak. */
import { allocateOutputs, type Backend } from "#src/backends/backend.ts";
import { defaultBackend } from "#src/backends/default.ts";
import { allocate, type TypedArray } from "#src/core/dtype.ts";
import { sizeOf } from "#src/core/shape.ts";
import { flops } from "#src/graph/cost.ts";
import { gradients } from "#src/graph/grad.ts";
import { graphOf } from "#src/graph/graph.ts";
import { peakMemory } from "#src/graph/memory.ts";
import { apply } from "#src/graph/tensor.ts";
import { encoderBlock } from "#src/nn/block.ts";
import { countParameters, declare, initialize, repeat } from "#src/nn/scope.ts";
import { type Benchmark, type Cost, figureOf, timed } from "./figure.ts";
import { fill } from "./fill.ts";
import { gemmPeak } from "./gemm.ts";
import { memoryFigures, type Repetition, speedFigures } from "./speed.ts";

const repetitions = 5;

/** Loss and all gradients of blocks of ViT-B over f32[batch, 197, 768]. */
function stackGraph(depth: number, batch: number) {
  const shape = [batch, 197, 768];
  const config = {
    width: 768,
    heads: 12,
    hidden: 3072,
    activation: "exact",
    norm: "pre",
    dropout: 0,
    epsilon: 1e-6,
  } as const;
  const { model, parameters } = declare((at) =>
    repeat(depth, (i) => encoderBlock(at.in(`blocks.${i}`), config)),
  );
  const input = apply("input", { name: "x", type: { dtype: "f32", shape } });
  const last = model.reduce((x, block) => block(x).x, input);
  const loss = last.mul(last).mean([0, 1, 2]);
  const slopes = gradients(
    loss,
    parameters.map(({ tensor }) => tensor),
  );
  const named = parameters.map(({ name }, i) => [`gradient:${name}`, slopes[i]!] as const);
  return { parameters, graph: graphOf({ loss, ...Object.fromEntries(named) }) };
}

/** A stack with weights and an input, bound on a backend: `step` is forward and backward. */
export async function bindStack(backend: Backend, depth: number, batch: number) {
  const { parameters, graph } = stackGraph(depth, batch);
  const leaves: Record<string, TypedArray> = {};
  for (const [name, { dtype, shape }] of Object.entries(graph.inputs))
    leaves[name] = fill(allocate(dtype, sizeOf(shape)), Math.sin);
  for (const parameter of parameters) {
    const values = allocate("f32", parameter.tensor.size) as Float32Array;
    initialize(parameter, 0, values);
    leaves[parameter.name] = values;
  }
  const executable = await backend.compile(graph);
  const outputs = allocateOutputs(graph);
  return { parameters, graph, outputs, step: executable.bind(leaves, outputs) };
}

export const stack: Benchmark = {
  description: "12 ViT-B blocks, 8 x 197 tokens, forward and backward with all gradients",
  run: async () => {
    const { parameters, graph, step } = await bindStack(defaultBackend, 12, 8);
    await step.run();
    const predicted = 2 * 4 * countParameters(parameters) + peakMemory(graph);
    const memory = memoryFigures(predicted);

    const peak = await gemmPeak();
    const done: Repetition[] = [];
    const costs: Cost[] = [];
    for (let i = 0; i < repetitions; i++) {
      const before = await peak();
      const cost = await timed(() => step.run());
      costs.push(cost);
      done.push({ cost, before, after: await peak() });
    }
    return [
      figureOf(
        "step",
        "s",
        costs.map(({ seconds }) => seconds),
      ),
      ...speedFigures(flops(graph), done, "at least 0.70"),
      ...memory,
    ];
  },
};
