/** Raw named tensors in, named tensors out, for models as others store them: to verify that a model is read rightly. */
import type { Backend } from "../backends/backend.ts";
import { loadPublished } from "../checkpoints/load-published.ts";
import type { PublishedFolder } from "../checkpoints/open-published.ts";
import type { TypedArray } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { showShape } from "../core/shape.ts";
import type { NamedTensor } from "../files/safetensors.ts";
import { openSafetensors } from "../files/safetensors.ts";
import type { StoredTensor, TensorFile } from "../files/tensor-file.ts";

import type { TensorType } from "../graph/ops/definition.ts";
import { constant, type Tensor } from "../graph/tensor.ts";
import type { PublishedInput } from "../models/published/class.ts";
import { forwardGraph } from "./forward-graph.ts";

/** Outputs beside the class's own: `hidden_states.0`, `attentions.0`. */
export interface Traces {
  readonly hiddenStates: boolean;
  readonly attentions: boolean;
}

/**
 * Runs the class that config.json names, or the model of an original checkpoint, on the tensors of a safetensors file, all in eval mode.
 * @throws BifocalError when weights or inputs are not what the class needs.
 */
export async function forwardPublished(
  backend: Backend,
  published: PublishedFolder,
  inputsPath: string,
  { hiddenStates, attentions }: Traces,
): Promise<NamedTensor[]> {
  const { inputs, forward, weights } = await loadPublished(published);
  const file = await openSafetensors(inputsPath);
  try {
    const types = checkInputs(file.tensors, inputs, inputsPath);
    const shapes: Record<string, readonly number[]> = {};
    const { fed, fixed } = await separate(file, types, inputs);
    const graph = await forwardGraph(backend, weights, fed, (given) => {
      const wanted = Object.entries(forward({ ...given, ...fixed })).filter(
        ([name]) =>
          (hiddenStates || !name.includes("hidden_states.")) && (attentions || !name.includes("attentions.")),
      );
      for (const [name, { shape }] of wanted) shapes[name] = shape;
      return Object.fromEntries(wanted);
    });
    for (const [name, target] of Object.entries(graph.inputs)) {
      target.set(await file.read(name));
      checkIds(name, target, inputs[name]!.rows ?? rowsIn(published.config, name), inputsPath);
    }
    await graph.run();
    return Object.entries(graph.outputs).map(([name, data]) => ({
      name,
      dtype: data instanceof Int32Array ? "i32" : "f32",
      shape: shapes[name]!,
      data,
    }));
  } finally {
    await file.close();
  }
}

/** Which size in config.json bounds the numbers of an input. */
const bounds: Readonly<Record<string, string>> = {
  input_ids: "vocab_size",
  token_type_ids: "type_vocab_size",
};

/** Rows of the table that an input's numbers choose from; none that is known: no bound. */
function rowsIn(config: PublishedFolder["config"], name: string): number {
  const key = bounds[name];
  if (key === undefined) return Number.POSITIVE_INFINITY;
  const text = config.text_config as Readonly<Record<string, unknown>> | undefined;
  return Number(config[key] ?? text?.[key] ?? Number.POSITIVE_INFINITY);
}

/** @throws BifocalError when an id is no row of its table. */
function checkIds(name: string, ids: TypedArray, rows: number, where: string): void {
  if (rows === Number.POSITIVE_INFINITY) return;
  const wrong = ids.find((id) => id < 0 || id >= rows);
  if (wrong === undefined) return;
  fail("data", `${where}, ${name}`, { expected: `0 to ${rows - 1}`, got: String(wrong) });
}

/** Inputs that are fed to the graph, by their types, and those that are constants of it. */
async function separate(
  file: TensorFile,
  types: Readonly<Record<string, TensorType>>,
  inputs: Readonly<Record<string, PublishedInput>>,
) {
  const fed: Record<string, TensorType> = {};
  const fixed: Record<string, Tensor> = {};
  for (const [name, type] of Object.entries(types)) {
    if (inputs[name]!.isFixed) fixed[name] = constant(type.dtype, type.shape, await file.read(name));
    else fed[name] = type;
  }
  return { fed, fixed };
}

/** Types in a file whose numbers arrive as the type wanted. */
const readAs: Readonly<Record<PublishedInput["dtype"], readonly string[]>> = {
  f32: ["f32", "f16", "bf16"],
  i32: ["i32", "i64", "bool", "u8"],
};

function checkInputs(
  found: ReadonlyMap<string, StoredTensor>,
  wanted: Readonly<Record<string, PublishedInput>>,
  where: string,
): Record<string, TensorType> {
  const sizes: Record<string, number> = {};
  const types: Record<string, TensorType> = {};
  const problems: string[] = [];
  for (const [name, { dtype, axes, optional }] of Object.entries(wanted)) {
    const got = found.get(name);
    if (got === undefined) {
      if (!optional) problems.push(`${name} is missing`);
      continue;
    }
    const letters = axes.split(" ");
    for (const [i, letter] of letters.entries()) sizes[letter] ??= Number(letter) || got.shape[i]!;
    const fits =
      got.shape.length === letters.length &&
      letters.every((letter, i) => sizes[letter] === got.shape[i]) &&
      readAs[dtype].includes(got.dtype);
    if (!fits)
      problems.push(
        `${name} is ${got.dtype}${showShape(got.shape)}, not ${dtype}[${axes.replaceAll(" ", ",")}]`,
      );
    types[name] = { dtype, shape: got.shape };
  }
  problems.push(...[...found.keys()].filter((name) => !(name in wanted)).map((name) => `${name} is unknown`));
  if (problems.length > 0) {
    fail("data", where, { expected: Object.keys(wanted).join(", "), got: problems.join("; ") });
  }
  return types;
}
