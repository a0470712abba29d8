/** A decoded picture: u8[height, width, 3], red first, rows from the top. */
export interface RgbImage {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
}

/**
 * The middle [height, width] of a picture; a side that is too short gets black on both ends. Where the two ends cannot
 * be equal the last one loses, or gets, one line more.
 */
export function centreCrop(image: RgbImage, height: number, width: number): RgbImage {
  const data = new Uint8Array(height * width * 3);
  const rows = overlap(image.height, height);
  const columns = overlap(image.width, width);
  for (let y = 0; y < rows.length; y++) {
    const from = ((rows.from + y) * image.width + columns.from) * 3;
    const to = ((rows.to + y) * width + columns.to) * 3;
    data.set(image.data.subarray(from, from + columns.length * 3), to);
  }
  return { data, height, width };
}

/** What a side and its centred cut share: where that begins in the one and in the other, and its length. */
function overlap(length: number, target: number): { from: number; to: number; length: number } {
  const from = Math.max(0, Math.floor((length - target) / 2));
  const to = Math.max(0, Math.floor((target - length) / 2));
  return { from, to, length: Math.min(length, target) };
}

/** A rectangle of a picture, in whole pixels from its top left corner. */
export interface Region {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/** A copy of the part of a picture that lies in the region. */
export function cut(image: RgbImage, { top, left, height, width }: Region): RgbImage {
  const data = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { data, height, width };
}

/** The picture with left and right exchanged. */
export function mirrored({ data: from, height, width }: RgbImage): RgbImage {
  const data = new Uint8Array(from.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const source = (y * width + x) * 3;
      const target = (y * width + width - 1 - x) * 3;
      data[target] = from[source]!;
      data[target + 1] = from[source + 1]!;
      data[target + 2] = from[source + 2]!;
    }
  }
  return { data, height, width };
}
