import { sameShape, showShape } from "../../core/shape.ts";
import { define, expectDtype, expectShape, f32, type TensorType } from "./definition.ts";

/** The same along rows and columns. */
export interface ConvolutionAttributes {
  /** Pixels from one window to the next. */
  readonly stride: number;
  /** Zeros in front of and behind rows and columns. */
  readonly padding: number;
}

/** Height and width. */
export type Sides = readonly [number, number];

/** Windows of `kernel` along `length` pixels; pixels at the end that do not fill a stride are left over. */
export function windowsAlong(
  length: number,
  kernel: number,
  { stride, padding }: ConvolutionAttributes,
): number {
  return Math.floor((length + 2 * padding - kernel) / stride) + 1;
}

const sidesOf = ({ shape }: TensorType) => shape.slice(2) as unknown as Sides;

/** Checks that x, weight and y, one of which is the result, fit one another. */
function check(
  c: ConvolutionAttributes,
  x: TensorType,
  weight: TensorType,
  y: TensorType,
  where: string,
): void {
  const all = [x, weight, y];
  for (const type of all) expectDtype(type, ["f32"], where);
  expectShape(
    all.every(({ shape }) => shape.length === 4),
    where,
    "[B, C, H, W], [K, C, h, w] and [B, K, H', W']",
    ...all,
  );
  expectShape(
    Number.isInteger(c.stride) && c.stride > 0 && Number.isInteger(c.padding) && c.padding >= 0,
    where,
    `a whole stride and padding, not ${c.stride} and ${c.padding}`,
  );
  const [[B, C], [K, D]] = [x.shape, weight.shape];
  expectShape(
    B === y.shape[0] && C === D && K === y.shape[1],
    where,
    "[B, C, H, W], [K, C, h, w] and [B, K, H', W'] that share B, C and K",
    ...all,
  );
  const kernel = sidesOf(weight);
  const expected = sidesOf(x).map((n, i) => windowsAlong(n, kernel[i]!, c));
  expectShape(
    sameShape(expected, sidesOf(y)) && expected.every((n) => n > 0),
    where,
    `one result at each of ${showShape(expected)} windows, at least one`,
    ...all,
  );
}

const result = (...shape: number[]): TensorType => ({ dtype: "f32", shape });
const at = ({ shape }: TensorType, axis: number) => shape[axis] ?? 0;

/**
 * Convolution without flipping the kernel, as all of deep learning has it (Dumoulin & Visin 2016, arXiv:1603.07285):
 * y[b,k,i,j] = sum over c,p,q of x[b,c,i*stride+p-padding,j*stride+q-padding] * weight[k,c,p,q]. Linear in x and in
 * weight, so the gradients by them are two more sums of the same products, and the three are closed under differentiation.
 */
export const convolution = {
  /** x [B, C, H, W] and weight [K, C, h, w] to y [B, K, H', W']. */
  conv2d: define<ConvolutionAttributes>({
    infer: (attributes, [x, weight], where) => {
      const along = (axis: number) => windowsAlong(at(x!, axis), at(weight!, axis), attributes);
      const y = result(at(x!, 0), at(weight!, 0), along(2), along(3));
      check(attributes, x!, weight!, y, where);
      return [y];
    },
    samples: [
      { attributes: { stride: 1, padding: 1 }, inputs: [f32([2, 3, 4, 5]), f32([4, 3, 3, 2])] },
      // The last column is in no window but through the padding, the last row in none at all.
      { attributes: { stride: 2, padding: 1 }, inputs: [f32([1, 2, 6, 7]), f32([3, 2, 3, 3])] },
      { attributes: { stride: 2, padding: 0 }, inputs: [f32([2, 3, 5, 4]), f32([4, 3, 1, 1])] },
      { attributes: { stride: 3, padding: 2 }, inputs: [f32([2, 1, 7, 6]), f32([2, 1, 4, 5])] },
    ],
  }),
  /** The gradient by x, a transposed convolution: y [B, K, H', W'] and weight [K, C, h, w] to [B, C, ...size]. */
  conv2dTranspose: define<ConvolutionAttributes & { readonly size: Sides }>({
    infer: (attributes, [y, weight], where) => {
      const x = result(at(y!, 0), at(weight!, 1), ...attributes.size);
      check(attributes, x, weight!, y!, where);
      return [x];
    },
    samples: [
      { attributes: { stride: 1, padding: 1, size: [4, 5] }, inputs: [f32([2, 4, 4, 6]), f32([4, 3, 3, 2])] },
      { attributes: { stride: 2, padding: 1, size: [6, 7] }, inputs: [f32([1, 3, 3, 4]), f32([3, 2, 3, 3])] },
      { attributes: { stride: 2, padding: 0, size: [5, 4] }, inputs: [f32([2, 4, 3, 2]), f32([4, 3, 1, 1])] },
    ],
  }),
  /** The gradient by weight: x [B, C, H, W] and y [B, K, H', W'] to [K, C, ...size]. */
  conv2dWeight: define<ConvolutionAttributes & { readonly size: Sides }>({
    infer: (attributes, [x, y], where) => {
      const weight = result(at(y!, 1), at(x!, 1), ...attributes.size);
      check(attributes, x!, weight, y!, where);
      return [weight];
    },
    samples: [
      { attributes: { stride: 1, padding: 1, size: [3, 2] }, inputs: [f32([2, 3, 4, 5]), f32([2, 4, 4, 6])] },
      { attributes: { stride: 2, padding: 1, size: [3, 3] }, inputs: [f32([1, 2, 6, 7]), f32([1, 3, 3, 4])] },
      { attributes: { stride: 2, padding: 0, size: [1, 1] }, inputs: [f32([2, 3, 5, 4]), f32([2, 4, 3, 2])] },
    ],
  }),
};
