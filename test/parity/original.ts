/** What the tests of original checkpoints share: a golden's weights by rules, its inputs, its outputs compared. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { evaluate } from "#src/backends/backend.ts";
import { defaultBackend } from "#src/backends/default.ts";
import { fillFrom } from "#src/checkpoints/fill.ts";
import { publishedTensors } from "#src/checkpoints/publish.ts";
import { openWeights } from "#src/files/open-weights.ts";
import { openSafetensors } from "#src/files/safetensors.ts";
import { weightsOf } from "#src/files/weights-of.ts";
import { graphOf } from "#src/graph/graph.ts";
import { apply, type Tensor } from "#src/graph/tensor.ts";
import type { Rule } from "#src/models/published/rules.ts";
import { declare, type Scope } from "#src/nn/scope.ts";

/** Largest difference as a share of an output's largest value: float32 leaves about 1e-6, a wrong formula 1e-3 or more. */
const tolerance = 1e-4;

const dtypes = { image: "f32", noise: "f32", text_ids: "i32", text_masks: "bool" } as const;

/** A model with its heads under the root, from a golden's inputs to all that the original code returned. */
export type Whole = (at: Scope) => (inputs: Readonly<Record<string, Tensor>>) => Record<string, Tensor>;

/**
 * Fills `build` from the one file of weights in original/<name> and compares every output of <part>inputs.safetensors.
 * Where no rule changes sizes, the rules are also shown to write what they read.
 */
export async function compareOriginal(
  name: string,
  {
    part = "",
    rules,
    build,
  }: { readonly part?: string; readonly rules: readonly Rule[]; readonly build: Whole },
): Promise<void> {
  const folder = join("test", "parity", "original", name);
  const { model, parameters } = declare(build);
  const weightsName = (await readdir(folder)).find((file) => file.startsWith("model."));
  const file = weightsOf(await openWeights(join(folder, weightsName!)));
  const inputs = await openSafetensors(join(folder, `${part}inputs.safetensors`));
  const outputs = await openSafetensors(join(folder, `${part}outputs.safetensors`));
  try {
    const { weights } = await fillFrom(file, rules, parameters, "");
    const given: Record<string, Tensor> = {};
    const values: Record<string, Float32Array | Int32Array | Uint8Array> = {};
    for (const [key, { shape }] of inputs.tensors) {
      const dtype = dtypes[key as keyof typeof dtypes];
      given[key] = apply("input", { name: key, type: { dtype, shape } });
      const numbers = Array.from(await inputs.read(key));
      values[key] =
        dtype === "f32"
          ? Float32Array.from(numbers)
          : dtype === "i32"
            ? Int32Array.from(numbers)
            : Uint8Array.from(numbers);
    }
    const found = await evaluate(defaultBackend, graphOf(model(given)), { ...values, ...weights });
    assert.deepEqual(Object.keys(found).sort(), [...outputs.tensors.keys()].sort());
    for (const key of outputs.tensors.keys()) {
      const expected = Array.from(await outputs.read(key));
      assert.equal(found[key]!.length, expected.length, key);
      const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[key]![i]!)), 0);
      assert.ok(worst <= tolerance * scale, `${key}: ${worst} off, of ${scale}`);
    }
    if (part !== "") return;
    for (const tensor of publishedTensors(rules, parameters, weights)) {
      assert.deepEqual(tensor.shape, file.tensors.get(tensor.name)!.shape, tensor.name);
      assert.deepEqual(tensor.data, Float32Array.from(await file.read(tensor.name)), tensor.name);
    }
  } finally {
    await Promise.all([file, inputs, outputs].map((open) => open.close()));
  }
}
