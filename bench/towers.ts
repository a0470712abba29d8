/** Forward passes of the two most used towers at full size, beside PyTorch eager where a Python with torch is present. */
import { availableParallelism } from "node:os";
import { defaultBackend } from "#src/backends/default.ts";
import { allocate, type TypedArray } from "#src/core/dtype.ts";
import { sizeOf } from "#src/core/shape.ts";
import { forwardGraph } from "#src/eval/forward-graph.ts";
import type { TensorType } from "#src/graph/ops/definition.ts";
import { families } from "#src/models/published/families.ts";
import { declare, initialize } from "#src/nn/scope.ts";
import { type Benchmark, type Figure, figureOf, timed } from "./figure.ts";
import { fill } from "./fill.ts";
import { startPython } from "./python.ts";

const repetitions = 9;
const batch = 8;
const words = 128;

const roberta = {
  vocab_size: 50265,
  max_position_embeddings: 514,
  type_vocab_size: 1,
  layer_norm_eps: 1e-5,
};

/** The published classes, whose configurations default to the base sizes. */
const towers = {
  image: {
    name: "ViT-B/16",
    unit: "images/s",
    model: families.vit!.classes.ViTModel!({}, "bench", () => true),
    types: { pixel_values: { dtype: "f32", shape: [batch, 3, 224, 224] } },
  },
  text: {
    name: "RoBERTa-base",
    unit: "texts/s",
    model: families.roberta!.classes.RobertaModel!(roberta, "bench", () => true),
    types: {
      input_ids: { dtype: "i32", shape: [batch, words] },
      attention_mask: { dtype: "i32", shape: [batch, words] },
    },
  },
} as const;

/** A tower with random weights and inputs, ready to run. */
async function ready(kind: keyof typeof towers): Promise<() => Promise<void>> {
  const { model, types } = towers[kind];
  const { model: forward, parameters } = declare(model.build);
  const weights: Record<string, Float32Array> = {};
  for (const parameter of parameters) {
    weights[parameter.name] = allocate("f32", sizeOf(parameter.shape)) as Float32Array;
    initialize(parameter, 0, weights[parameter.name]!);
  }
  const graph = await forwardGraph(
    defaultBackend,
    weights,
    types as Readonly<Record<string, TensorType>>,
    (given) => ({ last_hidden_state: forward(given).last_hidden_state! }),
  );
  const inputs: Record<string, (values: TypedArray) => unknown> = {
    pixel_values: (values) => fill(values, Math.sin),
    input_ids: (values) => values.set(values.map((_, i) => 5 + ((i * 7919) % 50_000)) as Int32Array),
    attention_mask: (values) => values.fill(1),
  };
  for (const [name, values] of Object.entries(graph.inputs)) inputs[name]!(values);
  return () => graph.run();
}

export const forwardTowers: Benchmark = {
  description: "forward passes of ViT-B/16 and RoBERTa-base, beside PyTorch eager where it is present",
  run: async () => {
    const python = await startPython("towers.py", [`${availableParallelism()}`, `${batch}`, `${words}`]);
    const figures: Figure[] = [];
    for (const kind of ["image", "text"] as const) {
      const { name, unit } = towers[kind];
      const run = await ready(kind);
      await run();
      await python?.ask(kind);
      const ours: number[] = [];
      const theirs: number[] = [];
      for (let i = 0; i < repetitions; i++) {
        ours.push((await timed(run)).seconds);
        if (python !== undefined) theirs.push(Number(await python.ask(kind)));
      }
      figures.push(
        figureOf(
          name,
          unit,
          ours.map((seconds) => batch / seconds),
        ),
      );
      if (python === undefined) continue;
      const ratios = ours.map((seconds, i) => theirs[i]! / seconds);
      figures.push(
        figureOf(
          `${name}, ${python.about}`,
          unit,
          theirs.map((seconds) => batch / seconds),
        ),
        figureOf(`${name}, ours / PyTorch`, "", ratios, "at least 1"),
      );
    }
    python?.close();
    return figures;
  },
};
