import { assert } from "../../core/errors.ts";
import type { AdamWArrays, AdamWStep } from "../backend.ts";
import { flag, float, none, some } from "./emit.ts";
import type { Handle, TorchEngine } from "./engine.ts";
import { keptView } from "./kept.ts";

/** Read by libtorch: kept, so that its address holds. */
const number = new Float32Array(new ArrayBuffer(128), 0, 1);

/** One update in place by libtorch's own op, which reads and writes every number once. */
export function fusedAdamW(
  engine: TorchEngine,
  { weight, gradient, first, second }: AdamWArrays,
  { beta1, beta2, epsilon, lr, weightDecay, updates, gradientScale }: AdamWStep,
): void {
  const handles: Handle[] = [];
  const given = (handle: Handle) => ({ id: handles.push(handle) - 1 });
  const place = (array: Float32Array) => {
    const kept = keptView(engine, array, [array.length]);
    assert(kept !== undefined, "AdamW on a device updates what is kept there");
    return { tensors: [given(kept)] };
  };
  /** The op reads these where it computes. */
  const scalar = (value: number) => {
    number[0] = value;
    const [host, own] = [engine.over(number, "f32", []), engine.empty("f32", [])];
    engine.copy(own, host, "torch, AdamW");
    engine.free(host);
    return given(own);
  };
  const [notAmsgrad, notMaximize, largest] = [flag(false), flag(false), { tensors: [] }];
  engine.call(
    "aten::_fused_adamw_",
    "",
    [
      ...[weight, gradient, first, second].map(place),
      largest,
      { tensors: [scalar(updates)] },
      ...[lr, beta1, beta2, weightDecay, epsilon].map(float),
      ...[notAmsgrad, notMaximize],
      // It divides by this, and writes the gradient back where it is given.
      gradientScale === 1 ? none : some(scalar(1 / gradientScale)),
      none,
    ],
    0,
    ({ id }) => handles[id]!,
    "",
  );
}
