import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { before, test } from "node:test";
import { Worker } from "node:worker_threads";
import { BifocalError } from "../../core/errors.ts";
import { concepts } from "./concepts.ts";
import { packageFolder, vendors } from "./drawings.ts";
import { jitter } from "./jitter.ts";
import { render } from "./render.ts";
import { type Scene, scene } from "./scene.ts";
import { loadSprites, type Sprites, spriteLevels, spriteOffset } from "./sprites.ts";

let sprites: Sprites;

before(async () => {
  sprites = await loadSprites();
});

test("names of concepts are what emojibase calls them", () => {
  const list = createRequire(import.meta.url)("emojibase-data/en/compact.json") as {
    hexcode: string;
    label: string;
    tags?: string[];
  }[];
  for (const { name, hexcode } of concepts) {
    const entry = list.find((emoji) => emoji.hexcode.replace("-FE0F", "") === hexcode);
    const words = [entry?.label ?? "", ...(entry?.tags ?? [])].join(" ").split(/[ -]/);
    assert.ok(words.includes(name), `${name}: ${words}`);
  }
});

test("a missing art package is named in the error", () => {
  assert.throws(
    () => packageFolder("no-such-art"),
    (error) => error instanceof BifocalError && /no-such-art.*npm install/.test(error.message),
  );
});

test("every sprite fills its square in one direction and keeps its weight in all levels", () => {
  for (const vendor of vendors.keys()) {
    for (const concept of concepts.keys()) {
      const weights = spriteLevels.map((side, level) => {
        const offset = spriteOffset(vendor, concept, level);
        const pixels = new Uint8Array(sprites.pixels, offset, side * side * 4);
        let sum = 0;
        for (let i = 3; i < pixels.length; i += 4) sum += pixels[i]!;
        return sum / (side * side * 255);
      });
      assert.ok(weights[0]! > 0.1, `${vendors[vendor]!.name} ${concepts[concept]!.name}: ${weights}`);
      assert.ok(weights.every((weight) => Math.abs(weight - weights[0]!) < 0.02));
    }
  }
});

test("what a render adds to the background lies in the boxes of the objects", () => {
  const imageSize = 61;
  for (let index = 0; index < 30; index++) {
    const whole = scene("test", index, 1);
    const image = render(whole, sprites, imageSize);
    const empty = render({ ...whole, objects: [] }, sprites, imageSize);
    const changed = whole.objects.map(() => 0);
    for (let i = 0; i < image.length; i++) {
      if (image[i] === empty[i]) continue;
      const pixel = Math.floor(i / 3);
      const [column, row] = [pixel % imageSize, Math.floor(pixel / imageSize)];
      const owner = whole.objects.findIndex(
        ({ x, y, side }) =>
          column >= Math.floor(x * imageSize) &&
          column < (x + side) * imageSize &&
          row >= Math.floor(y * imageSize) &&
          row < (y + side) * imageSize,
      );
      assert.notEqual(owner, -1);
      changed[owner]! += 1 / 3;
    }
    for (const [i, { side }] of whole.objects.entries()) {
      assert.ok(changed[i]! > 0.1 * (side * imageSize) ** 2, `scene ${index}: ${changed}`);
    }
  }
});

test("flip mirrors the art", () => {
  const imageSize = 32;
  const base = scene("test", 0, 1);
  const object = { ...base.objects[0]!, x: 0, y: 0, side: 1, flip: false };
  const background = { ...base.background, pattern: "plain", shade: 0 } as const;
  const draw = (flip: boolean) =>
    render({ known: 32, key: 5, background, objects: [{ ...object, flip }] } as Scene, sprites, imageSize);
  const [plain, mirrored] = [draw(false), draw(true)];
  let difference = 0;
  for (let row = 0; row < imageSize; row++) {
    for (let column = 0; column < imageSize; column++) {
      const a = plain[(row * imageSize + column) * 3]!;
      const b = mirrored[(row * imageSize + imageSize - 1 - column) * 3]!;
      difference = Math.max(difference, Math.abs(a - b));
    }
  }
  assert.ok(difference <= 9, String(difference)); // grain of the background and rounding of the weights
  assert.notDeepEqual(plain, mirrored);
});

test("a worker thread draws the same bytes from the shared sprites", async () => {
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    Promise.all(workerData.modules.map((url) => import(url))).then(([{ scene }, { render }, { jitter }]) =>
      parentPort.postMessage(jitter(render(scene("val", 9, 4), workerData.sprites, 48), 48, 2)));`;
  const modules = ["scene", "render", "jitter"].map((name) => new URL(`./${name}.js`, import.meta.url).href);
  const worker = new Worker(code, { eval: true, workerData: { modules, sprites } });
  const theirs = await new Promise<Uint8Array>((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  });
  await worker.terminate();
  assert.deepEqual(theirs, jitter(render(scene("val", 9, 4), sprites, 48), 48, 2));
});

test("jitter changes a picture a little and grey by light alone", () => {
  const image = render(scene("val", 1, 4), sprites, 64);
  const before = Uint8Array.from(image);
  assert.notDeepEqual(jitter(image, 64, 1), jitter(image, 64, 2));
  assert.deepEqual(image, before);
  for (let key = 0; key < 20; key++) {
    const [red, green, blue] = jitter(new Uint8Array(33 * 33 * 3).fill(120), 33, key);
    assert.ok(red === green && green === blue && Math.abs(red! - 120) <= 20, `${red} ${green} ${blue}`);
  }
});
