/**
 * Published classes against the Python library: every folder of goldens, every output. The goldens are made by the
 * make_*.py beside this file and hold the versions that made them.
 */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { defaultBackend } from "#src/backends/default.ts";
import { loadPublished, openPublishedWeights } from "#src/checkpoints/load-published.ts";
import { openPublished } from "#src/checkpoints/open-published.ts";
import { publishedTensors } from "#src/checkpoints/publish.ts";
import { forwardPublished } from "#src/eval/forward-published.ts";
import { openSafetensors } from "#src/files/safetensors.ts";

/**
 * Largest difference, as a share of the output's largest value: what float32 leaves after three layers is about 1e-6;
 * a wrong formula shows at 1e-3 or more.
 */
const tolerance = 1e-4;

const goldens = join("test", "parity", "goldens");

for (const name of await readdir(goldens)) {
  void test(`${name}: the rules write what they read`, async () => {
    const published = await openPublished(join(goldens, name));
    const { rules, parameters, weights, dropped } = await loadPublished(published);
    const file = await openPublishedWeights(published);
    try {
      const { prefix } = published.family;
      const plain = (stored: string) =>
        (stored.startsWith(`${prefix}.`) ? stored.slice(prefix.length + 1) : stored)
          .replace(/LayerNorm\.gamma$/, "LayerNorm.weight")
          .replace(/LayerNorm\.beta$/, "LayerNorm.bias");
      const stored = [...file.tensors.keys()].filter((key) => !dropped.has(key));
      const written = publishedTensors(rules, parameters, weights);
      assert.deepEqual(written.map((tensor) => tensor.name).sort(), stored.map(plain).sort());
      for (const key of stored) {
        const tensor = written.find((found) => found.name === plain(key))!;
        assert.deepEqual(tensor.shape, file.tensors.get(key)!.shape, key);
        assert.deepEqual(tensor.data, Float32Array.from(await file.read(key)), key);
      }
    } finally {
      await file.close();
    }
  });

  void test(name, async () => {
    const folder = join(goldens, name);
    const asked = { hiddenStates: true, attentions: true };
    const published = await openPublished(folder);
    const outputs = await forwardPublished(
      defaultBackend,
      published,
      join(folder, "inputs.safetensors"),
      asked,
    );
    const file = await openSafetensors(join(folder, "outputs.safetensors"));
    try {
      const found = Object.fromEntries(outputs.map((output) => [output.name, output]));
      const missing = [...file.tensors.keys()].filter((output) => !(output in found));
      assert.deepEqual(missing, [], "outputs that the published class has and ours lacks");
      for (const [output, { shape }] of file.tensors) {
        assert.deepEqual(found[output]!.shape, shape, output);
        const expected = Float64Array.from(await file.read(output));
        const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
        const worst = expected.reduce(
          (most, value, i) => Math.max(most, Math.abs(value - found[output]!.data[i]!)),
          0,
        );
        assert.ok(worst <= tolerance * scale, `${output}: ${worst} off, of ${scale}`);
      }
    } finally {
      await file.close();
    }
  });
}
