import { sameShape } from "../../core/shape.ts";
import { define, expectDtype, expectShape, f32 } from "./definition.ts";

/** As GEMM has them, so that a transpose or a scale costs no pass over memory. */
export interface MatmulAttributes {
  /** Swap the last two axes of the first input before multiplying. */
  readonly transA: boolean;
  readonly transB: boolean;
  /** Factor on the product. */
  readonly alpha: number;
}

const plain: MatmulAttributes = { transA: false, transB: false, alpha: 1 };

/** Matrix products. */
export const products = {
  /**
   * alpha * A B over the last two axes; leading axes are equal, or B is one matrix shared by all and A is not transposed.
   * Products of bf16 are summed in f32, and the sum is rounded to bf16.
   */
  matmul: define<MatmulAttributes>({
    infer: ({ transA, transB }, [a, b], where) => {
      expectDtype(a!, ["f32", "bf16"], where);
      expectDtype(b!, [a!.dtype], where);
      expectShape(
        a!.shape.length >= 2 && b!.shape.length >= 2,
        where,
        "two inputs of rank 2 or more",
        a!,
        b!,
      );
      const [m, k] = transA ? [a!.shape.at(-1)!, a!.shape.at(-2)!] : [a!.shape.at(-2)!, a!.shape.at(-1)!];
      const [l, n] = transB ? [b!.shape.at(-1)!, b!.shape.at(-2)!] : [b!.shape.at(-2)!, b!.shape.at(-1)!];
      expectShape(k === l, where, `inner sizes that agree (${k} and ${l} do not)`, a!, b!);
      const batch = a!.shape.slice(0, -2);
      const shared = b!.shape.length === 2 && !transA;
      expectShape(
        shared || sameShape(batch, b!.shape.slice(0, -2)),
        where,
        "equal leading axes, or one matrix as second input",
        a!,
        b!,
      );
      return [{ dtype: a!.dtype, shape: [...batch, m, n] }];
    },
    samples: [
      { attributes: plain, inputs: [f32([2, 3]), f32([3, 4])] },
      { attributes: { ...plain, transB: true, alpha: 0.5 }, inputs: [f32([2, 5, 3]), f32([4, 3])] },
      { attributes: { ...plain, transA: true }, inputs: [f32([2, 3, 4]), f32([2, 3, 5])] },
      { attributes: { transA: true, transB: true, alpha: 1 }, inputs: [f32([3, 2]), f32([4, 3])] },
      {
        attributes: { transA: true, transB: true, alpha: 2 },
        inputs: [f32([2, 3, 5, 4]), f32([2, 3, 6, 5])],
      },
    ],
  }),
};
