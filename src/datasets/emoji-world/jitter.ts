import { rng } from "../../core/rng.ts";

/**
 * A training picture with another brightness, contrast, saturation and hue, moved by up to 1/32 of its side: too
 * little to change the name of a colour, the quadrant or the size of anything. Pure: draws depend on `key` alone.
 * `image` and the result are sRGB u8[imageSize, imageSize, 3].
 */
export function jitter(image: Uint8Array, imageSize: number, key: number): Uint8Array<ArrayBuffer> {
  const draw = rng("emoji-world jitter", key);
  const spread = (most: number) => (2 * draw.uniform() - 1) * most;
  const reach = Math.floor(imageSize / 32);
  const shiftX = draw.integer(2 * reach + 1) - reach;
  const shiftY = draw.integer(2 * reach + 1) - reach;
  const brightness = spread(16);
  const contrast = 1 + spread(0.15);
  const saturation = 1 + spread(0.25);
  const hue = spread(Math.PI / 22);

  // Grey keeps its value; the part of a colour perpendicular to grey is scaled and turned about the grey axis
  // (Rodrigues' rotation about (1, 1, 1)): a circulant matrix with three distinct entries.
  const cosine = saturation * Math.cos(hue);
  const sine = (saturation * Math.sin(hue)) / Math.sqrt(3);
  const fixed = (value: number) => Math.round(65536 * value); // integers of 1/65536: twice as fast
  const same = fixed((contrast * (1 + 2 * cosine)) / 3);
  const next = fixed(contrast * ((1 - cosine) / 3 - sine));
  const previous = fixed(contrast * ((1 - cosine) / 3 + sine));
  const offset = fixed(127.5 * (1 - contrast) + brightness + 0.5);

  const result = new Uint8ClampedArray(image.length); // clamps what is written
  const last = imageSize - 1;
  let to = 0;
  for (let row = 0; row < imageSize; row++) {
    const fromRow = Math.min(last, Math.max(0, row - shiftY)) * imageSize;
    for (let column = 0; column < imageSize; column++) {
      const from = (fromRow + Math.min(last, Math.max(0, column - shiftX))) * 3;
      const red = image[from]!;
      const green = image[from + 1]!;
      const blue = image[from + 2]!;
      result[to] = (Math.imul(same, red) + Math.imul(next, green) + Math.imul(previous, blue) + offset) >> 16;
      result[to + 1] =
        (Math.imul(previous, red) + Math.imul(same, green) + Math.imul(next, blue) + offset) >> 16;
      result[to + 2] =
        (Math.imul(next, red) + Math.imul(previous, green) + Math.imul(same, blue) + offset) >> 16;
      to += 3;
    }
  }
  return new Uint8Array(result.buffer);
}
