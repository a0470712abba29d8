/** JPEG files of 640 x 480 with about as many bytes as photographs have. */
import { join } from "node:path";
import sharp from "sharp";
import { rng } from "#src/core/rng.ts";
import { needForm, type PictureDataset } from "#src/datasets/contracts.ts";
import { progress } from "#src/files/progress.ts";

const [height, width] = [480, 640];

/** Pictures made pixel by pixel; the others are these, moved. */
const distinct = 4;

/** Writes `count` files to the folder: scenes of the data set under noise of every wavelength from 2 to 256 pixels. */
export async function writePictures(
  dataset: PictureDataset,
  count: number,
  folder: string,
): Promise<string[]> {
  const bar = progress({ label: "make pictures", total: count, unit: "files" });
  const made: Uint8Array[] = [];
  for (let i = 0; i < Math.min(distinct, count); i++) made.push(await noisyScene(dataset, i));
  const paths: string[] = [];
  for (let i = 0; i < count; i++) {
    const data = moved(made[i % distinct]!, Math.floor(i / distinct));
    const path = join(folder, `${i}.jpg`);
    await sharp(data, { raw: { height, width, channels: 3 } })
      .jpeg({ quality: 90 })
      .toFile(path);
    paths.push(path);
    bar.update(i + 1);
  }
  bar.finish();
  return paths;
}

/** A scene under noise, u8[height, width, 3]. */
async function noisyScene(dataset: PictureDataset, index: number): Promise<Uint8Array> {
  const pictureOf = needForm(dataset, "pictures", "bench data");
  const scene = await (await pictureOf("train", index)).pixels(width);
  const layers = [2, 4, 8, 16, 32, 64, 128, 256].map((wave) => ({ wave, noise: noise(index, wave) }));
  const data = new Uint8Array(height * width * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let shade = 0;
      for (const { wave, noise } of layers) shade += noise(x, y) * (6 + 3 * Math.log2(wave));
      for (let channel = 0; channel < 3; channel++, at++) {
        data[at] = Math.max(0, Math.min(255, scene[at]! * 0.7 + 38 + shade * (1 - 0.15 * channel)));
      }
    }
  }
  return data;
}

/** The picture moved down by some rows, the last ones coming in at the top: other blocks for the encoder. */
function moved(data: Uint8Array, times: number): Uint8Array {
  const cut = data.length - times * 53 * width * 3;
  const result = new Uint8Array(data.length);
  result.set(data.subarray(cut));
  result.set(data.subarray(0, cut), data.length - cut);
  return result;
}

/** Random levels of -1 to 1 on a grid of half a wavelength, linear in between. */
function noise(picture: number, wave: number): (x: number, y: number) => number {
  const step = wave / 2;
  const columns = width / step + 2;
  const draw = rng(picture, wave);
  const levels = Float32Array.from(
    { length: Math.ceil(columns * (height / step + 2)) },
    () => 2 * draw.uniform() - 1,
  );
  return (x, y) => {
    const [column, row] = [Math.floor(x / step), Math.floor(y / step)];
    const [right, below] = [x / step - column, y / step - row];
    const at = row * Math.ceil(columns) + column;
    const upper = levels[at]! * (1 - right) + levels[at + 1]! * right;
    const under = at + Math.ceil(columns);
    const lower = levels[under]! * (1 - right) + levels[under + 1]! * right;
    return upper * (1 - below) + lower * below;
  };
}
