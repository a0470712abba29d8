import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { decodeRgb } from "#src/data/decode.ts";
import { decodeJpeg } from "#src/data/decode-jpeg.ts";
import { readImageProcessor } from "#src/data/image-processor.ts";
import { resample } from "#src/data/resample.ts";
import type { ResampleFilter } from "#src/data/resample-weights.ts";
import type { RgbImage } from "#src/data/rgb-image.ts";
import { openSafetensors } from "#src/files/safetensors.ts";

// What image-processors/make.py got from Pillow, torchvision and transformers. Tolerance: none. Levels are integers,
// and what becomes of a level is computed in torch's order with its roundings.

const folder = new URL("../../../test/parity/image-processors/", import.meta.url);
const open = (name: string) => openSafetensors(fileURLToPath(new URL(`${name}.safetensors`, folder)));
type Goldens = Awaited<ReturnType<typeof open>>;

async function readPicture(goldens: Goldens, name: string): Promise<RgbImage> {
  const [height, width] = goldens.tensors.get(name)!.shape as [number, number];
  return { data: (await goldens.read(name)) as Uint8Array, height, width };
}

function assertEqual(got: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(got.length, expected.length, `${what}: length`);
  const different = Array.from(expected).findIndex((value, i) => value !== got[i]);
  assert.equal(got[different], expected[different], `${what}: element ${different}`);
}

test("every kind of picture is decoded as Pillow decodes it", async () => {
  const goldens = await open("decode");
  const names = [...goldens.tensors.keys()].filter((key) => key.endsWith(":file"));
  assert.ok(names.length > 50);
  for (const key of names) {
    const name = key.replace(":file", "");
    const expected = await readPicture(goldens, `${name}:rgb`);
    const image = await decodeRgb((await goldens.read(key)) as Uint8Array, name);
    assert.deepEqual([image.height, image.width], [expected.height, expected.width], name);
    assertEqual(image.data, expected.data, name);
  }
  await goldens.close();
});

test("the decoder of training gives the same levels of every JPEG in colour", async () => {
  const goldens = await open("decode");
  const decoded: string[] = [];
  for (const key of [...goldens.tensors.keys()].filter((name) => name.endsWith(".jpg:file"))) {
    const name = key.replace(":file", "");
    const expected = await readPicture(goldens, `${name}:rgb`);
    const jpeg = decodeJpeg((await goldens.read(key)) as Uint8Array, () => 1);
    if (jpeg === undefined) continue;
    assert.deepEqual([jpeg.height, jpeg.width], [expected.height, expected.width], name);
    assertEqual(jpeg.image.data, expected.data, name);
    decoded.push(name);
  }
  assert.ok(decoded.length > 10, `only ${decoded.join()}`);
  await goldens.close();
});

test("resampling gives the levels of torchvision", async () => {
  const goldens = await open("resample");
  const cases = [...goldens.tensors.keys()].filter((key) => !key.endsWith(":picture"));
  assert.equal(cases.length, 6 * 4);
  for (const key of cases) {
    const [size, , filter] = key.split(":") as [string, string, ResampleFilter];
    const expected = await readPicture(goldens, key);
    const picture = await readPicture(goldens, `${size}:picture`);
    const got = resample(picture, expected.height, expected.width, filter);
    assertEqual(got.data, expected.data, key);
  }
  await goldens.close();
});

test("image processors give the pixels and masks of transformers", async () => {
  const goldens = await open("process");
  const configs: Record<string, unknown> = JSON.parse(goldens.metadata.configs!);
  const outputs = [...goldens.tensors.keys()].filter((key) => !key.startsWith("picture:"));
  assert.equal(new Set(outputs.map((key) => key.split(":")[0])).size, Object.keys(configs).length);
  for (const key of outputs) {
    const [name, picked, output] = key.split(":") as [string, string, string];
    const processor = readImageProcessor(configs[name], name);
    const pictures = await Promise.all([...picked].map((i) => readPicture(goldens, `picture:${i}`)));
    const stride = name.startsWith("defaults-") ? 401 : 1;
    const source = output === "codebook_pixel_values" ? processor.codebook! : processor;
    const batch = source.batch(pictures);
    const got = output === "pixel_mask" ? batch.pixelMask! : batch.pixelValues;
    const shape = output === "pixel_mask" ? [] : [3];
    if (stride === 1) {
      const expected = goldens.tensors.get(key)!.shape;
      assert.deepEqual([pictures.length, ...shape, batch.height, batch.width], expected, key);
    }
    assertEqual(
      got.filter((_, i) => i % stride === 0),
      await goldens.read(key),
      key,
    );
  }
  await goldens.close();
});
