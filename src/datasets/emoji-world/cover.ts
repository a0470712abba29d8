/** Unlike every background. */
const cover = [236, 132, 56] as const;

/** Covers a quadrant of a picture, sRGB u8[imageSize, imageSize, 3], in place. */
export function coverQuadrant(image: Uint8Array, imageSize: number, quadrant: number): void {
  const half = imageSize >> 1;
  const [left, top] = [(quadrant % 2) * half, (quadrant >> 1) * half];
  for (let row = top; row < (top === 0 ? half : imageSize); row++) {
    for (let column = left; column < (left === 0 ? half : imageSize); column++) {
      image.set(cover, (row * imageSize + column) * 3);
    }
  }
}
