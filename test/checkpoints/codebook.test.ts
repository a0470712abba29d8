/** A published codebook in a run: its numbers arrive, and training leaves them as they are. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { codebookWeights } from "#src/checkpoints/codebook.ts";
import { meterTiny } from "#src/recipes/meter-tiny.ts";
import { configOf } from "#src/recipes/recipe.ts";
import type { TaskConfig } from "#src/tasks/index.ts";
import { assemble, sizesOf } from "#src/train/assemble.ts";
import { groupParameters } from "#src/train/groups.ts";
import { createStore, initializeStore } from "#src/train/parameter-store.ts";
import { fillCodebook } from "#src/train/tower-weights.ts";

const from = fileURLToPath(new URL("../../../test/parity/goldens/flava-codebook", import.meta.url));
const sizes = { width: 8, blocks: 2, codes: 37, gain: 1 / (4 * 2) ** 2 };

void test("the codebook's numbers fill its buffers", async () => {
  const task: TaskConfig = {
    kind: "pretrain",
    mimCodes: { weight: 1, rate: 0.4, codebook: { ...sizes, from } },
  };
  const config = { ...configOf(meterTiny), task };
  const { parameters } = assemble(config, sizesOf(config, 0));
  const groups = groupParameters(parameters, config.train);
  const store = createStore(parameters, groups);
  initializeStore(store, parameters, 1);
  await fillCodebook(task, store);
  const { weights } = await codebookWeights(from, sizes);
  const path = "heads.mimCodes.codebook";
  const own = parameters.filter(({ name }) => name.startsWith(path));
  assert.equal(own.length, Object.keys(weights).length);
  for (const { name, isBuffer } of own) {
    assert.ok(isBuffer, name);
    assert.deepEqual(store.weights[name], weights[name.slice(path.length + 1)], name);
  }
  const learning = groups.flatMap((group) => group.parameters.map(({ name }) => name));
  assert.ok(learning.includes("heads.mimCodes.head.weight"));
  assert.ok(!learning.some((name) => name.startsWith(path)));
});

void test("a codebook of other sizes is refused", async () => {
  await assert.rejects(codebookWeights(from, { ...sizes, codes: sizes.codes + 1 }), /output/);
});
