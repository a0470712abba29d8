/** Raw named tensors in, named tensors out, under the names of the published classes: to verify a conversion. */
import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import { showShape } from "../core/shape.ts";
import { type NamedTensor, openSafetensors } from "../files/safetensors.ts";
import type { TensorType } from "../graph/ops/definition.ts";
import type { Tensor } from "../graph/tensor.ts";
import { buildModel } from "../models/index.ts";
import { declare } from "../nn/scope.ts";
import { buildTask } from "../tasks/index.ts";
import { forwardGraph } from "./forward-graph.ts";
import { loadWeights, type OpenedRun } from "./open-run.ts";

/**
 * Runs the model on `pixel_values` f32[B,3,S,S] and `input_ids` i32[B,T] with `attention_mask` i32[B,T] (1 = attend):
 * towers' and fusion's states and whatever the run's heads say about the pairs, row by row.
 * @throws BifocalError when an input is missing, unknown or of another shape or type.
 */
export async function forward(backend: Backend, run: OpenedRun, inputsPath: string): Promise<NamedTensor[]> {
  const { config, sizes } = run;
  const file = await openSafetensors(inputsPath);
  try {
    const types = checkInputs(file.tensors, inputsPath, sizes.imageSize, config.model.text.textLength);
    const { model: task, parameters } = declare((at) =>
      buildTask(at.in("heads"), buildModel(at.in("model"), config.model), config.task, sizes),
    );
    const weights = await loadWeights(run.weightsPath, parameters);
    const shapes: Record<string, readonly number[]> = {};
    const graph = await forwardGraph(backend, weights, types, (given) => {
      const image = task.model.encodeImage({ pixels: given.pixel_values! });
      const keep = given.attention_mask!.equal(1);
      const text = task.model.encodeText({ ids: given.input_ids!, keep });
      const outputs: Record<string, Tensor> = {
        image_last_hidden_state: image.patches,
        text_last_hidden_state: text.words,
      };
      if ("fuse" in task.model) {
        const fused = task.model.fuse(image, text);
        outputs.pooler_output = fused.pooled;
        outputs.fused_words = fused.words;
        outputs.fused_patches = fused.patches;
        if ("logits" in task) outputs.logits = task.logits(fused);
        else if ("matching" in task && task.matching) outputs.itm_logits = task.matching.logits(fused);
      }
      if ("contrast" in task && task.contrast) {
        outputs.image_embeds = task.contrast.image(image);
        outputs.text_embeds = task.contrast.text(text);
      }
      for (const [name, { shape }] of Object.entries(outputs)) shapes[name] = shape;
      return outputs;
    });
    for (const [name, target] of Object.entries(graph.inputs)) target.set(await file.read(name));
    await graph.run();
    return Object.entries(graph.outputs).map(([name, data]) => ({
      name,
      dtype: "f32",
      shape: shapes[name]!,
      data: data as Float32Array,
    }));
  } finally {
    await file.close();
  }
}

/** Types in a file whose numbers arrive as the type wanted. */
const readAs: Readonly<Record<"f32" | "i32", readonly string[]>> = {
  f32: ["f32", "f16", "bf16"],
  i32: ["i32", "i64"],
};

function checkInputs(
  found: ReadonlyMap<string, { readonly dtype: string; readonly shape: readonly number[] }>,
  where: string,
  side: number,
  longest: number,
): Record<string, TensorType> {
  const [batch] = found.get("pixel_values")?.shape ?? [0];
  const length = found.get("input_ids")?.shape[1] ?? 0;
  const wanted = {
    pixel_values: { dtype: "f32", shape: [batch!, 3, side, side] },
    input_ids: { dtype: "i32", shape: [batch!, length] },
    attention_mask: { dtype: "i32", shape: [batch!, length] },
  } as const;
  const problems = Object.entries(wanted).flatMap(([name, { dtype, shape }]) => {
    const got = found.get(name);
    if (got === undefined) return [`${name} is missing`];
    return showShape(got.shape) === showShape(shape) && readAs[dtype].includes(got.dtype)
      ? []
      : [`${name} is ${got.dtype}${showShape(got.shape)}, not ${dtype}${showShape(shape)}`];
  });
  if (length > longest) problems.push(`texts of ${length} tokens, the model holds ${longest}`);
  problems.push(...[...found.keys()].filter((name) => !(name in wanted)).map((name) => `${name} is unknown`));
  if (problems.length > 0) {
    fail("data", where, { expected: Object.keys(wanted).join(", "), got: problems.join("; ") });
  }
  return wanted;
}
