import type { GeluKind } from "../graph/ops/elementwise.ts";
import type { Tensor } from "../graph/tensor.ts";

/** "exact", "tanh" and "quick" are GELUs (Hendrycks & Gimpel 2016, arXiv:1606.08415); "silu" is x sigmoid(x). */
export type Activation = GeluKind | "relu" | "silu";

/** Applied to every element. */
export function activate(x: Tensor, kind: Activation): Tensor {
  switch (kind) {
    case "relu":
      return x.relu();
    case "silu":
      return x.mul(x.sigmoid());
    default:
      return x.gelu(kind);
  }
}
