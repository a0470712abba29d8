/** Text towers out of published files: whole, with fewer blocks, and their words' vectors alone. */
import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { defaultBackend } from "#src/backends/default.ts";
import { fillFrom } from "#src/checkpoints/fill.ts";
import { openPublishedWeights } from "#src/checkpoints/load-published.ts";
import { openPublished } from "#src/checkpoints/open-published.ts";
import { forwardGraph } from "#src/eval/forward-graph.ts";
import { openSafetensors } from "#src/files/safetensors.ts";
import { full } from "#src/graph/tensor.ts";
import { type TextTowerConfig, textTower } from "#src/models/encoders/index.ts";
import { declare } from "#src/nn/scope.ts";

const goldens = join("test", "parity", "goldens");

/** The last of the layers of a tower out of a golden's file, for the golden's own input. */
async function lastLayer(folder: string, config: TextTowerConfig): Promise<Float64Array> {
  const published = await openPublished(folder);
  const { model, parameters } = declare((at) => textTower(at, config));
  const file = await openPublishedWeights(published);
  const inputs = await openSafetensors(join(folder, "inputs.safetensors"));
  try {
    const { rules } = published.family.text!(published.config, folder);
    const { weights } = await fillFrom(file, rules(config), parameters, published.family.prefix);
    const types = Object.fromEntries(
      ["input_ids", "attention_mask", "token_type_ids"].flatMap((name) => {
        const input = inputs.tensors.get(name);
        return input === undefined ? [] : [[name, { dtype: "i32", shape: input.shape } as const]];
      }),
    );
    const graph = await forwardGraph(defaultBackend, weights, types, (given) => {
      const { input_ids, attention_mask, token_type_ids } = given;
      const keep = attention_mask?.equal(1) ?? full(1, "bool", input_ids!.shape);
      const { layers } = model.encode({ ids: input_ids!, keep, segments: token_type_ids });
      return { last: layers.at(-1)! };
    });
    for (const [name, target] of Object.entries(graph.inputs)) target.set(await inputs.read(name));
    await graph.run();
    return Float64Array.from(graph.outputs.last!);
  } finally {
    await Promise.all([file.close(), inputs.close()]);
  }
}

/** What the published class says a layer is. */
async function published(folder: string, layer: number): Promise<Float64Array | undefined> {
  const file = await openSafetensors(join(folder, "outputs.safetensors"));
  try {
    const name = `hidden_states.${layer}`;
    return file.tensors.has(name) ? Float64Array.from(await file.read(name)) : undefined;
  } finally {
    await file.close();
  }
}

/** Not where a family of two towers has a class for pictures alone. */
async function readsTexts(folder: string): Promise<boolean> {
  const inputs = await openSafetensors(join(folder, "inputs.safetensors"));
  await inputs.close();
  return inputs.tensors.has("input_ids");
}

function assertNear(got: Float64Array, expected: Float64Array): void {
  assert.equal(got.length, expected.length);
  for (const [i, value] of expected.entries()) assert.ok(Math.abs(got[i]! - value) < 1e-4, `[${i}]`);
}

for (const name of await readdir(goldens)) {
  const folder = join(goldens, name);
  const { family, config: file } = await openPublished(folder);
  if (family.text === undefined || !(await readsTexts(folder))) continue;
  const { config } = family.text(file, folder);
  if (config.kind === "words") continue;
  void test(`${name} as a tower`, async () => {
    const perDepth = config.kind === "albert" ? config.blocksPerGroup : 1;
    for (const depth of [config.depth, 1]) {
      const last = await lastLayer(folder, { ...config, depth });
      const expected = await published(folder, depth * perDepth);
      if (expected !== undefined) assertNear(last, expected);
    }
  });
  if (config.kind !== "bert") continue;
  void test(`${name} for its words alone`, async () => {
    const { vocab, textLength, positionOffset, segments, dropout, epsilon } = config;
    const width = config.embeddingWidth ?? config.width;
    const sizes = { vocab, textLength, positionOffset, segments, width, dropout, epsilon };
    const expected = config.embeddingWidth === undefined ? await published(folder, 0) : undefined;
    const last = await lastLayer(folder, { kind: "words", ...sizes });
    if (expected !== undefined) assertNear(last, expected);
  });
}
