import type { Tensor } from "../graph/tensor.ts";
import { normal, zeros } from "./init.ts";
import type { Scope } from "./scope.ts";

/** Sizes of the last axis; the bias starts at 0, the weight in N(0, std^2) with the scope's `std`. */
export interface LinearConfig {
  readonly from: number;
  readonly to: number;
  readonly bias?: boolean;
}

/** x [..., from] W^T + b to [..., to]; weight [to, from], bias [to]. */
export function linear(at: Scope, { from, to, bias = true }: LinearConfig) {
  const weight = at.param("weight", [to, from], normal(at.std));
  const offset = bias ? at.param("bias", [to], zeros) : undefined;
  return at.layer((x: Tensor): Tensor => {
    const rows = x.reshape([-1, x.shape.at(-1)!]).matmul(weight, { transB: true });
    const shifted = offset === undefined ? rows : rows.add(offset);
    return shifted.reshape([...x.shape.slice(0, -1), to]);
  });
}
