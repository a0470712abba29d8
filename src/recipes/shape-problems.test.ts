/** Where pictures cannot keep their shape, it is said when the recipe is read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { meter } from "./meter.ts";
import { configOf } from "./recipe.ts";
import { runSchema } from "./schema.ts";
import { applySettings } from "./settings.ts";
import { validate } from "./validate.ts";
import { vilt } from "./vilt.ts";

const read = (recipe: typeof vilt, ...settings: string[]) =>
  validate(runSchema, applySettings(configOf(recipe), settings), "recipe");

test("pictures keep their shape for ViLT, with patches that divide their sides", () => {
  const { data } = read(vilt, "task.mpp={weight: 1, rate: 0.15}");
  assert.equal("transform" in data && data.transform?.fit.kind, "own-shape");
  read(vilt, "data.transform={fit: {kind: own-shape, divisor: 64}, filter: bilinear}");
  const codebook = "{width: 4, blocks: 1, codes: 16, gain: 1}";
  for (const [recipe, setting, message] of [
    [
      meter,
      "data.transform=own-shape",
      /data\.transform: expected a transform to squares, .* only vilt reads other/,
    ],
    [vilt, "model.image.patch=24", /data\.transform: expected .* a multiple of model\.image\.patch 24/],
    [vilt, "model.image.imageSize=400", /imageSize: expected a multiple of 32, the divisor/],
    [vilt, "task.mimInBatch={weight: 1, rate: 0.1}", /task\.mimInBatch: expected none, or a transform to/],
    [vilt, `task.mimCodes={weight: 1, rate: 0.1, codebook: ${codebook}}`, /task\.mimCodes: expected none/],
    [vilt, "task={kind: referring, candidates: 3}", /boxes are cut out as squares/],
  ] as const) {
    assert.throws(() => read(recipe, setting), message, setting);
  }
  read(vilt, "data.transform=square", "task.mimInBatch={weight: 1, rate: 0.1}");
});
