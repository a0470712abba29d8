import { apply, type Tensor } from "../graph/tensor.ts";
import { ones, zeros } from "./init.ts";
import type { Scope } from "./scope.ts";

/** Layer normalisation of the last axis; weight [width], bias [width]. */
export function layerNorm(at: Scope, width: number, epsilon: number) {
  const weight = at.param("weight", [width], ones);
  const bias = at.param("bias", [width], zeros);
  return at.layer((x: Tensor): Tensor => apply("layerNorm", { epsilon }, x, weight, bias));
}
