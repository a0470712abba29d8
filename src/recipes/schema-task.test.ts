/** Objectives that cannot be trained together, or on a model, are refused when the recipe is read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../core/errors.ts";
import { dualEncoderTiny } from "./dual-encoder-tiny.ts";
import { meterTiny } from "./meter-tiny.ts";
import { meterTinyDecoder } from "./meter-tiny-decoder.ts";
import { configOf } from "./recipe.ts";
import { runSchema } from "./schema.ts";
import { applySettings } from "./settings.ts";
import { validate } from "./validate.ts";
import { viltTiny } from "./vilt-tiny.ts";
import { vlcTiny } from "./vlc-tiny.ts";

/** What is wrong with a recipe after some settings; nothing when it is accepted. */
function refusal(recipe: typeof meterTiny, ...settings: string[]): string {
  try {
    validate(runSchema, applySettings(configOf(recipe), settings), "recipe");
    return "";
  } catch (error) {
    assert.ok(error instanceof BifocalError && error.fields.code === "config", String(error));
    return error.message;
  }
}

const decoder = "{width: 16, depth: 1, heads: 2, hidden: 20, activation: exact, dropout: 0, epsilon: 1e-6}";
const codebook = "{width: 8, blocks: 1, codes: 16, gain: 0.1}";

void test("objectives in any number are accepted where the model has what they read", () => {
  const all = [
    "task.wpa={weight: 0.1}",
    "task.mpp={weight: 1, rate: 0.15}",
    "task.mimInBatch={weight: 1, rate: 0.15}",
    `task.mimCodes={weight: 1, rate: 0.4, codebook: ${codebook}}`,
    "task.mfr={weight: 1, rate: 0.15, group: 3}",
  ];
  assert.equal(refusal(meterTiny, ...all), "");
  assert.equal(refusal(meterTinyDecoder, "task.mlm={weight: 1, rate: 0.3, wholeWord: true}", ...all), "");
  const { decoder: blocks } = meterTinyDecoder.model;
  assert.equal(refusal(viltTiny, "task={kind: captioning}", `model.decoder=${JSON.stringify(blocks)}`), "");
  assert.equal(refusal(vlcTiny, "model.removed=0.5", `task.mimPixel={weight: 1, decoder: ${decoder}}`), "");
});

void test("what does not go together is said, with the key", () => {
  const pixel = `task.mimPixel={weight: 1, decoder: ${decoder}}`;
  for (const [recipe, settings, expected] of [
    [meterTiny, ["task={kind: pretrain}"], /task: expected one of mlm, span, itm, itc, wpa, mpp/],
    [dualEncoderTiny, ["task.mpp={weight: 1, rate: 0.1}"], /task: expected only itc/],
    [
      meterTiny,
      ["task={kind: pretrain, itm: {weight: 1, negatives: hard}}"],
      /task\.itc: expected itc, which hard negatives are drawn by/,
    ],
    [
      meterTiny,
      ["task={kind: pretrain, wpa: {weight: 1}, mlm: {weight: 1, rate: 0.2, wholeWord: true}}"],
      /task\.itm: expected itm, whose pairs wpa aligns/,
    ],
    [meterTiny, ["train.batch=1"], /train\.batch: expected at least 2 for itm and itc/],
    [meterTiny, [pixel], /objective mimPixel: expected a model that removes patches/],
    [vlcTiny, ["model.removed=0", pixel], /objective mimPixel: expected a model that removes patches/],
    [
      vlcTiny,
      ["model.removed=0.5", "task.mpp={weight: 1, rate: 0.1}"],
      /objective mpp: expected a model that reads all patches of the picture/,
    ],
    [
      meterTiny,
      ["task={kind: pretrain, span: {weight: 1, rate: 0.3, length: 3}}"],
      /model\.decoder: expected a decoder, which writes what span hides/,
    ],
    [meterTiny, ["task={kind: captioning}"], /model\.decoder: expected a decoder, which writes captions/],
    [meterTinyDecoder, ["model.decoder.heads=3"], /model\.decoder\.heads: expected a divisor of 128/],
    [dualEncoderTiny, [`model.decoder=${decoder}`], /model\.decoder: .*unknown key/],
    [
      meterTiny,
      [
        "model.text={kind: words, vocab: 192, textLength: 22, positionOffset: 0, segments: 1, width: 8, dropout: 0, epsilon: 1e-6}",
      ],
      /task\.itc: expected towers with blocks for itc/,
    ],
    [
      meterTiny,
      [
        "model.image={kind: swin, colours: {mean: [0, 0, 0], std: [1, 1, 1]}, imageSize: 48, patch: 4, window: 3, widths: [8, 12], depths: [1, 1], heads: [2, 2], expansion: 2, activation: exact, dropout: 0, epsilon: 1e-6, absolutePositions: false}",
        "task={kind: pretrain, mfr: {weight: 1, rate: 0.2, group: 2}}",
      ],
      /objective mfr: expected a tower whose last block lets all 36 patches attend to one another/,
    ],
  ] as const) {
    assert.match(refusal(recipe, ...settings), expected);
  }
});
