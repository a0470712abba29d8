import sharp from "sharp";
import { concepts } from "./concepts.ts";
import { openDrawings, vendors } from "./drawings.ts";

/** Sides in pixels of one sprite's pictures, largest first: a mipmap. */
export const spriteLevels = [128, 64, 32, 16] as const;

const spriteBytes = spriteLevels.reduce((sum, side) => sum + side * side * 4, 0);

/**
 * Every concept by every vendor as premultiplied RGBA u8[vendor, concept, level, row, column, 4], trimmed to what
 * is drawn and centred in a square. Plain data over shared memory: posting it to a worker copies nothing.
 */
export interface Sprites {
  readonly pixels: SharedArrayBuffer;
}

/** Offset in bytes of one sprite's picture at `level`. */
export function spriteOffset(vendor: number, concept: number, level: number): number {
  let offset = (vendor * concepts.length + concept) * spriteBytes;
  for (let i = 0; i < level; i++) offset += spriteLevels[i]! ** 2 * 4;
  return offset;
}

/**
 * Rasterises the art of all vendors once per process.
 * @throws BifocalError when an art package is not installed or lacks a picture.
 */
export async function loadSprites(): Promise<Sprites> {
  const pixels = new SharedArrayBuffer(vendors.length * concepts.length * spriteBytes);
  const jobs = vendors.flatMap((vendor, v) => {
    const drawing = openDrawings(vendor);
    return concepts.map(async (concept, c) => {
      const finest = await rasterise(drawing(concept.hexcode), spriteLevels[0]);
      const target = new Uint8Array(pixels, spriteOffset(v, c, 0), spriteBytes);
      fillMipmap(target, finest);
    });
  });
  await Promise.all(jobs);
  return { pixels };
}

/** One SVG as premultiplied RGBA u8[side, side, 4]: what is drawn, as large as fits, in the middle. */
async function rasterise(svg: Buffer, side: number): Promise<Uint8Array> {
  const natural = await sharp(svg).metadata(); // at 72 dots per inch
  const trial = await draw(svg, (72 * side) / natural.width);
  // Drawn again instead of scaled: sharper and faster. Two pixels of margin absorb the rounding of the second box.
  const drawn = await draw(svg, (trial.density * (side - 2)) / Math.max(trial.width, trial.height));
  const square = new Uint8Array(side * side * 4);
  const left = (side - drawn.width) >> 1;
  const top = (side - drawn.height) >> 1;
  for (let row = 0; row < drawn.height; row++) {
    for (let column = 0; column < drawn.width; column++) {
      const from = ((drawn.top + row) * drawn.stride + drawn.left + column) * 4;
      const to = ((top + row) * side + left + column) * 4;
      const alpha = drawn.data[from + 3]!;
      for (let channel = 0; channel < 3; channel++) {
        square[to + channel] = Math.round((drawn.data[from + channel]! * alpha) / 255);
      }
      square[to + 3] = alpha;
    }
  }
  return square;
}

/** Rasterises to straight RGBA and finds the box of what is visible. */
async function draw(svg: Buffer, density: number) {
  const { data, info } = await sharp(svg, { density })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  let [left, top, right, bottom] = [info.width, info.height, 0, 0];
  for (let row = 0; row < info.height; row++) {
    for (let column = 0; column < info.width; column++) {
      if (data[(row * info.width + column) * 4 + 3]! <= 8) continue;
      left = Math.min(left, column);
      right = Math.max(right, column + 1);
      top = Math.min(top, row);
      bottom = row + 1;
    }
  }
  return { data, stride: info.width, density, left, top, width: right - left, height: bottom - top };
}

/** Writes the finest picture and its successive halvings (means of 2 x 2). */
function fillMipmap(target: Uint8Array, finest: Uint8Array): void {
  target.set(finest);
  let from = 0;
  for (const side of spriteLevels.slice(0, -1)) {
    const to = from + side * side * 4;
    const half = side / 2;
    for (let row = 0; row < half; row++) {
      for (let i = 0; i < half * 4; i++) {
        const at = from + row * 2 * side * 4 + (i >> 2) * 8 + (i & 3);
        const sum = target[at]! + target[at + 4]! + target[at + side * 4]! + target[at + side * 4 + 4]!;
        target[to + row * half * 4 + i] = (sum + 2) >> 2;
      }
    }
    from = to;
  }
}
