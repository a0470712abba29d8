import { type Emitter, flag, none, type Value } from "./emit.ts";
import type { TorchDtype } from "./torch-library.ts";

/** x in another dtype. */
export function castTo(emit: Emitter, x: Value, to: TorchDtype): Value {
  return emit.call("aten::to.dtype", [x, emit.dtype(to), flag(false), flag(false), none]);
}

/** a + alpha * b of integers of any width, modulo 2^32: in doubles, which hold such sums exactly. */
export function addIntegers(emit: Emitter, a: Value, b: Value, alpha = 1): Value {
  const sum = emit.add(castTo(emit, a, "f64"), castTo(emit, b, "f64"), alpha);
  return castTo(emit, castTo(emit, sum, "i64"), "i32");
}

/** x times a number, as f32. */
export function scaled(emit: Emitter, x: Value, factor: number): Value {
  return emit.call("aten::mul.Tensor", [x, emit.constant("f32", [], Float32Array.of(factor))]);
}
