import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../core/errors.ts";
import { readImageProcessor } from "./image-processor.ts";
import type { RgbImage } from "./rgb-image.ts";

// That pixels are those of transformers is tested in test/parity/image-processors.test.ts.

const plain = (height: number, width: number, level: number): RgbImage => ({
  data: new Uint8Array(height * width * 3).fill(level),
  height,
  width,
});

function problem(run: () => unknown): BifocalError["fields"] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof BifocalError, String(error));
    return error.fields;
  }
  throw new Error("no error was thrown");
}

test("the steps are plain facts, with the defaults of the class", () => {
  const { config, codebook } = readImageProcessor({
    feature_extractor_type: "CLIPFeatureExtractor",
    size: 336,
  });
  assert.deepEqual(config, {
    resize: { size: { kind: "shorter", edge: 336 }, filter: "bicubic" },
    crop: { height: 224, width: 224 },
    rescale: 1 / 255,
    normalize: { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] },
    squeeze: false,
    pad: false,
  });
  assert.equal(codebook, undefined);
  const nested = { image_processor: { image_processor_type: "ConvNextImageProcessorFast", size: 384 } };
  const size = { kind: "exact", height: 384, width: 384 };
  assert.deepEqual(readImageProcessor(nested).config.resize, { size, filter: "bicubic" });
});

test("pixels are planes, padding is zero and masked", () => {
  const processor = readImageProcessor({
    image_processor_type: "ViltImageProcessor",
    size: { shortest_edge: 4 },
    size_divisor: 2,
  });
  const { pixels, ...size } = processor.process({ data: Uint8Array.of(0, 51, 255), height: 1, width: 1 });
  assert.deepEqual(size, { height: 4, width: 4 });
  assert.deepEqual(
    [pixels[0], pixels[15], pixels[16], pixels[47]],
    [-1, -1, Math.fround(-0.6), 1].map((value) => Math.fround(value)),
  );
  const batch = processor.batch([plain(4, 7, 255), plain(8, 4, 255)]);
  assert.deepEqual([batch.height, batch.width, batch.pixelValues.length], [6, 6, 2 * 3 * 36]);
  const rows = Array.from({ length: 12 }, (_, i) => batch.pixelMask!.slice(i * 6, i * 6 + 6).join(""));
  assert.deepEqual(rows, [
    ...Array.from({ length: 2 }, () => "111111"),
    ...Array.from({ length: 4 }, () => "000000"),
    ...Array.from({ length: 6 }, () => "110000"),
  ]);
  const expected = Float32Array.from(
    [0, 1].flatMap((b) => [0, 1, 2].flatMap(() => [...batch.pixelMask!.slice(b * 36, b * 36 + 36)])),
  );
  assert.deepEqual(batch.pixelValues, expected);
});

test("pictures that leave no pixels, or no batch, are the user's problem", () => {
  const vilt = readImageProcessor({ image_processor_type: "ViltImageProcessor" });
  assert.match(problem(() => vilt.process(plain(1, 60, 9))).got!, /608 x 0/);
  const free = readImageProcessor({ image_processor_type: "ViTImageProcessor", size: { shortest_edge: 5 } });
  assert.deepEqual(
    ["code", "expected", "got"].map(
      (key) => problem(() => free.batch([plain(5, 5, 1), plain(5, 8, 1)]))[key as "code"],
    ),
    ["data", "all 8 x 5", "one of 5 x 5"],
  );
});

test("files that say nothing we can do are refused with the field", () => {
  const cases: [unknown, RegExp][] = [
    [[], /JSON object/],
    [{}, /image_processor_type/],
    [{ image_processor_type: "toString" }, /ViT, DeiT/],
    [{ image_processor_type: "ViTImageProcessor", size: { longest_edge: 9 } }, /size: expected a side/],
    [{ image_processor_type: "ViTImageProcessor", size: 0 }, /size/],
    [{ image_processor_type: "ViTImageProcessor", resample: 6 }, /resample/],
    [{ image_processor_type: "ViTImageProcessor", resample: null }, /filter/],
    [{ image_processor_type: "ViTImageProcessor", image_mean: [1, 2] }, /image_mean: /],
    [{ image_processor_type: "ViTImageProcessor", do_center_crop: true }, /do_center_crop/],
    [{ image_processor_type: "CLIPImageProcessor", do_pad: true }, /do_pad/],
    [{ image_processor_type: "ConvNextImageProcessor", size: { height: 4, width: 4 } }, /shortest_edge/],
    [{ image_processor_type: "FlavaImageProcessor", codebook_size: "x" }, /size/],
  ];
  for (const [json, text] of cases) {
    const { code, where, expected = "", got = "" } = problem(() => readImageProcessor(json, "a.json"));
    assert.equal(code, "checkpoint");
    assert.match(`${where}: ${expected}; ${got}`, text);
  }
});
