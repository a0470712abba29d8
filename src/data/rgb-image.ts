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
