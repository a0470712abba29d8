/** METER's Swin under its original names, at the picture size of its weights and at another. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { evaluate } from "#src/backends/backend.ts";
import { defaultBackend } from "#src/backends/default.ts";
import { fillFrom } from "#src/checkpoints/fill.ts";
import { openSafetensors } from "#src/files/safetensors.ts";
import { graphOf } from "#src/graph/graph.ts";
import { apply } from "#src/graph/tensor.ts";
import { type SwinConfig, swin } from "#src/models/encoders/swin.ts";
import { within } from "#src/models/published/rules.ts";
import { originalSwinRules } from "#src/models/published/swin.ts";
import { declare } from "#src/nn/scope.ts";

const folder = join("test", "parity", "original", "meter-swin");

const small: SwinConfig = {
  imageSize: 64,
  patch: 4,
  window: 2,
  widths: [6, 12, 24],
  depths: [2, 1, 2],
  heads: [1, 2, 3],
  expansion: 4,
  activation: "exact",
  dropout: 0,
  epsilon: 1e-5,
  absolutePositions: false,
};

for (const [size, config] of Object.entries({ small, large: { ...small, imageSize: 96, window: 3 } })) {
  void test(`METER's Swin, ${size}`, async () => {
    const { model, parameters } = declare((at) => swin(at.in("image"), config));
    const [weightsFile, inputs, outputs] = await Promise.all(
      ["model", "inputs", "outputs"].map((name) => openSafetensors(join(folder, `${name}.safetensors`))),
    );
    try {
      const rules = within("vit_model", "image", originalSwinRules(small, config));
      const { weights } = await fillFrom(weightsFile!, rules, parameters, "");
      const { shape } = inputs!.tensors.get(size)!;
      const input = apply("input", { name: "pixels", type: { dtype: "f32", shape } });
      const pixels = Float32Array.from(await inputs!.read(size));
      const graph = graphOf({ patches: model.encode({ pixels: input }).patches });
      const { patches } = await evaluate(defaultBackend, graph, { pixels, ...weights });
      const expected = Array.from(await outputs!.read(size));
      assert.equal(patches!.length, expected.length);
      const scale = Math.max(...expected.map(Math.abs));
      for (const [i, value] of expected.entries())
        assert.ok(
          Math.abs(patches![i]! - value) <= 1e-4 * scale,
          `[${i}]: ${patches![i]!} instead of ${value}`,
        );
    } finally {
      await Promise.all([weightsFile, inputs, outputs].map((file) => file!.close()));
    }
  });
}
