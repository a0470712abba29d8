import { mix32 } from "../../core/rng.ts";
import { colours } from "./concepts.ts";
import type { Background, Scene, SceneObject } from "./scene.ts";
import { type Sprites, spriteLevels, spriteOffset } from "./sprites.ts";

/** Draws a scene: sRGB u8[imageSize, imageSize, 3], in integers after the set-up of each part. */
export function render(scene: Scene, sprites: Sprites, imageSize: number): Uint8Array<ArrayBuffer> {
  const image = new Uint8Array(imageSize * imageSize * 3);
  paintBackground(image, imageSize, scene.background, scene.key);
  for (const object of scene.objects) paintObject(image, imageSize, object, sprites);
  return image;
}

/** Positions are 16-bit fixed point. Light is added to all channels alike, only as far as the colour allows. */
function paintBackground(image: Uint8Array, imageSize: number, background: Background, key: number): void {
  const [red, green, blue] = colours[background.colour]!.rgb;
  const darkest = -Math.min(red, green, blue);
  const lightest = 255 - Math.max(red, green, blue);
  const contrast = background.pattern === "plain" ? 0 : Math.round(background.contrast * 255);
  const fixed = (perCanvas: number, turn: number) =>
    Math.round((65536 * perCanvas * Math.cos(background.angle + turn)) / imageSize);
  const crossing = background.pattern === "checks" ? background.frequency : 0;
  const [shadeX, shadeY] = [fixed(background.shade * 255, 0), fixed(background.shade * 255, -Math.PI / 2)];
  const [barX, barY] = [fixed(background.frequency, 0), fixed(background.frequency, -Math.PI / 2)];
  const [crossX, crossY] = [fixed(crossing, Math.PI / 2), fixed(crossing, 0)];
  const half = imageSize >> 1;
  let noise = mix32(key) | 1;
  let at = 0;
  for (let row = 0; row < imageSize; row++) {
    let shade = shadeY * (row - half) - shadeX * half;
    let bar = barY * (row - half) - barX * half;
    let cross = crossY * (row - half) - crossX * half;
    for (let column = 0; column < imageSize; column++) {
      // Xorshift (Marsaglia 2003) gives a grain of a few grey levels: cheaper than a keyed draw per pixel.
      noise ^= noise << 13;
      noise ^= noise >>> 17;
      noise ^= noise << 5;
      const odd = ((bar >> 16) + (cross >> 16)) & 1;
      let light = (shade >> 16) + (odd ? contrast : -contrast) + (noise & 7) - 3;
      if (light < darkest) light = darkest;
      if (light > lightest) light = lightest;
      image[at] = red + light;
      image[at + 1] = green + light;
      image[at + 2] = blue + light;
      at += 3;
      shade += shadeX;
      bar += barX;
      cross += crossX;
    }
  }
}

/**
 * Composites by bilinear sampling of the smallest mipmap level that is not smaller than the target.
 * Weights are 1/256 along each axis; sums stay below 2^24 and results below 256.
 */
function paintObject(image: Uint8Array, imageSize: number, object: SceneObject, sprites: Sprites): void {
  const side = object.side * imageSize;
  let level = 0;
  while (level + 1 < spriteLevels.length && spriteLevels[level + 1]! >= side) level++;
  const texels = spriteLevels[level]!;
  const start = spriteOffset(object.vendor, object.concept, level);
  const source = new Uint8Array(sprites.pixels, start, texels * texels * 4);
  const columns = samples(object.x * imageSize, side, imageSize, texels, object.flip);
  const rows = samples(object.y * imageSize, side, imageSize, texels, false);
  for (let j = 0; j < rows.near.length; j++) {
    const upper = rows.near[j]! * texels;
    const lower = rows.far[j]! * texels;
    const below = rows.weight[j]!;
    let at = ((rows.first + j) * imageSize + columns.first) * 3;
    for (let i = 0; i < columns.near.length; i++, at += 3) {
      const near = columns.near[i]!;
      const far = columns.far[i]!;
      const right = columns.weight[i]!;
      const a = (upper + near) << 2;
      const b = (upper + far) << 2;
      const c = (lower + near) << 2;
      const d = (lower + far) << 2;
      const dWeight = Math.imul(right, below);
      const cWeight = (below << 8) - dWeight;
      const bWeight = (right << 8) - dWeight;
      const aWeight = 65536 - bWeight - cWeight - dWeight;
      const alpha =
        Math.imul(source[a + 3]!, aWeight) +
        Math.imul(source[b + 3]!, bWeight) +
        Math.imul(source[c + 3]!, cWeight) +
        Math.imul(source[d + 3]!, dWeight);
      if (alpha === 0) continue;
      const through = 65536 - (alpha >> 8) - (alpha >> 16); // alpha / 255
      for (let channel = 0; channel < 3; channel++) {
        const ink =
          Math.imul(source[a + channel]!, aWeight) +
          Math.imul(source[b + channel]!, bWeight) +
          Math.imul(source[c + channel]!, cWeight) +
          Math.imul(source[d + channel]!, dWeight);
        image[at + channel] = (ink + Math.imul(through, image[at + channel]!) + 32768) >> 16;
      }
    }
  }
}

/**
 * For every pixel that an object covers along one axis: its two texels and the weight of the farther, of 256.
 * Mirrored art is read from the other end.
 */
function samples(start: number, side: number, imageSize: number, texels: number, mirrored: boolean) {
  const first = Math.max(0, Math.floor(start));
  const count = Math.min(imageSize, Math.ceil(start + side)) - first;
  const near = new Int32Array(count);
  const far = new Int32Array(count);
  const weight = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const position = ((first + i + 0.5 - start) * texels) / side - 0.5;
    const texel = Math.floor(position);
    const least = Math.min(texels - 1, Math.max(0, texel));
    const next = Math.min(texels - 1, Math.max(0, texel + 1));
    near[i] = mirrored ? texels - 1 - least : least;
    far[i] = mirrored ? texels - 1 - next : next;
    weight[i] = Math.round((position - texel) * 256);
  }
  return { first, near, far, weight };
}
