import type { ImageSize } from "./image-processor-config.ts";

/** [height, width] that a picture of the given size is resized to; 0 where a multiple of the divisor is too large. */
export function sizeAfterResize(size: ImageSize, height: number, width: number): [number, number] {
  if (size.kind === "exact") return [size.height, size.width];
  if (size.kind === "divisible") return divisibleSize(size.edge, size.divisor, height, width);
  return size.longest === undefined
    ? ordered(height, width, size.edge, (long, short) => (size.edge * long) / short)
    : boundedSize(size.edge, size.longest, height, width);
}

/** The shorter side as given, the longer one computed, in the picture's order. */
function ordered(
  height: number,
  width: number,
  edge: number,
  longer: (long: number, short: number) => number,
): [number, number] {
  const long = Math.trunc(longer(Math.max(height, width), Math.min(height, width)));
  return width <= height ? [long, edge] : [edge, long];
}

/** DETR's rule: where the longer side would be too long the shorter is rounded, but the longer follows its fraction. */
function boundedSize(edge: number, longest: number, height: number, width: number): [number, number] {
  const short = Math.min(height, width);
  const long = Math.max(height, width);
  const limited = (long / short) * edge > longest ? (longest * short) / long : edge;
  const rounded = roundHalfEven(limited);
  if (short === rounded) return [height, width];
  return ordered(height, width, rounded, () => (limited * long) / short);
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

/** What ViLT's rule lets the longer side be, rounding left aside, in pixels. */
export function longestSide(edge: number): number {
  return Math.trunc((1333 / 800) * edge);
}

/** ViLT's rule (2021, arXiv:2102.03334, section 4.1), the order of operations as in transformers. */
function divisibleSize(edge: number, divisor: number, height: number, width: number): [number, number] {
  const longest = longestSide(edge);
  let newHeight = height < width ? edge : height * (edge / width);
  let newWidth = height < width ? width * (edge / height) : edge;
  if (Math.max(newHeight, newWidth) > longest) {
    const scale = longest / Math.max(newHeight, newWidth);
    newHeight *= scale;
    newWidth *= scale;
  }
  const down = (side: number) => Math.floor(Math.trunc(side + 0.5) / divisor) * divisor;
  return [down(newHeight), down(newWidth)];
}
