import { windowsAlong } from "./convolution.ts";
import { define, expectDtype, expectShape, f32 } from "./definition.ts";

/** Square windows: `size` is their side, `stride` the pixels from one to the next. */
export interface PoolAttributes {
  readonly size: number;
  readonly stride: number;
  /** Pixels on each side that are less than every number; at most half the size, so that no window holds nothing else. */
  readonly padding: number;
}

/** Ops that make one number of each window. */
export const pooling = {
  /**
   * The largest value of each window of x [B, C, H, W], and where it is among all elements of x, as i32: both
   * [B, C, H', W']. Of equal values the first counts, row by row, as in PyTorch.
   */
  maxPool2d: define<PoolAttributes>({
    infer: ({ size, stride, padding }, [x], where) => {
      expectDtype(x!, ["f32"], where);
      expectShape(x!.shape.length === 4, where, "[B, C, H, W]", x!);
      const whole = [size, stride, padding].every(Number.isInteger);
      expectShape(
        whole && size > 0 && stride > 0 && padding >= 0 && 2 * padding <= size,
        where,
        `whole size and stride and at most half the size as padding, not ${size}, ${stride} and ${padding}`,
        x!,
      );
      const sides = x!.shape.slice(2).map((n) => windowsAlong(n, size, { stride, padding }));
      expectShape(
        sides.every((n) => n > 0),
        where,
        `pixels for at least one window of ${size}`,
        x!,
      );
      const shape = [...x!.shape.slice(0, 2), ...sides];
      return [
        { dtype: "f32", shape },
        { dtype: "i32", shape },
      ];
    },
    samples: [
      { attributes: { size: 2, stride: 2, padding: 0 }, inputs: [f32([2, 3, 4, 5])] },
      { attributes: { size: 3, stride: 2, padding: 1 }, inputs: [f32([2, 1, 6, 7])] },
      { attributes: { size: 3, stride: 1, padding: 1 }, inputs: [f32([1, 2, 5, 4])] },
    ],
  }),
};
