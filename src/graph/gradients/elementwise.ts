import type { elementwise } from "../ops/elementwise.ts";
import { full, type Tensor } from "../tensor.ts";
import { discrete, type Rules } from "./rule.ts";

/** Undoes broadcasting for both inputs. */
function both([a, b]: readonly Tensor[], da: Tensor, db: Tensor): Tensor[] {
  return [da.sumTo(a!.shape), db.sumTo(b!.shape)];
}

/** Routes dy to where a condition on both inputs holds; ties go to the first input. */
function routed(inputs: readonly Tensor[], dy: Tensor, toSecond: Tensor): Tensor[] {
  return both(inputs, toSecond.where(0, dy), toSecond.where(dy, 0));
}

/** Gradients of ops that broadcast are summed back to the shapes of their inputs. */
export const elementwiseGradients: Rules<keyof typeof elementwise> = {
  add: ({ inputs, dy }) => both(inputs, dy, dy),
  sub: ({ inputs, dy }) => both(inputs, dy, dy.neg()),
  mul: ({ inputs, dy }) => both(inputs, dy.mul(inputs[1]!), dy.mul(inputs[0]!)),
  // (a/b)' by b = -y/b
  div: ({ inputs, outputs, dy }) => {
    const da = dy.div(inputs[1]!);
    return both(inputs, da, da.mul(outputs[0]!).neg());
  },
  // (a^b)' by a = b a^(b-1), by b = y ln a
  pow: ({ inputs: [a, b], outputs: [y], dy }) =>
    both([a!, b!], dy.mul(b!).mul(a!.pow(b!.sub(1))), dy.mul(y!).mul(a!.log())),
  maximum: ({ inputs, dy }) => routed(inputs, dy, inputs[0]!.less(inputs[1]!)),
  minimum: ({ inputs, dy }) => routed(inputs, dy, inputs[1]!.less(inputs[0]!)),
  equal: discrete,
  less: discrete,
  and: discrete,
  or: discrete,
  not: discrete,
  neg: ({ dy }) => [dy.neg()],
  abs: ({ inputs: [x], dy }) => [x!.less(0).where(dy.neg(), dy)],
  exp: ({ outputs: [y], dy }) => [dy.mul(y!)],
  log: ({ inputs: [x], dy }) => [dy.div(x!)],
  // (sqrt x)' = 1 / (2 y)
  sqrt: ({ outputs: [y], dy }) => [dy.mul(0.5).div(y!)],
  // (1/x)' = -y^2
  reciprocal: ({ outputs: [y], dy }) => [dy.mul(y!).mul(y!).neg()],
  sin: ({ inputs: [x], dy }) => [dy.mul(x!.cos())],
  cos: ({ inputs: [x], dy }) => [dy.mul(x!.sin()).neg()],
  // 1 - y^2
  tanh: ({ outputs: [y], dy }) => [dy.sub(dy.mul(y!).mul(y!))],
  // y (1 - y)
  sigmoid: ({ outputs: [y], dy }) => [dy.mul(y!).mul(full(1).sub(y!))],
  // 2/sqrt(pi) exp(-x^2)
  erf: ({ inputs: [x], dy }) => [dy.mul(x!.mul(x!).neg().exp()).mul(2 / Math.sqrt(Math.PI))],
  relu: ({ inputs: [x], dy }) => [full(0).less(x!).where(dy, 0)],
  stopGradient: () => [undefined],
  gelu: ({ attributes: { kind }, inputs: [x], dy }) => [dy.mul(geluSlopes[kind](x!))],
  where: ({ inputs: [condition, a, b], dy }) => [
    undefined,
    condition!.where(dy, 0).sumTo(a!.shape),
    condition!.where(0, dy).sumTo(b!.shape),
  ],
  // Only floats carry gradients, so a cast that matters here is f32 to f32 or from integers.
  cast: discrete,
};

const geluSlopes = {
  // Phi(x) + x phi(x), from x alone: erf is cheaper to repeat than to keep. With u = x / sqrt(2), x phi(x) is
  // u exp(-u^2) / sqrt(pi), whose factor goes into the exponent: every pass over memory counts.
  exact: (x: Tensor) => {
    const u = x.mul(Math.SQRT1_2);
    const density = full(-Math.log(Math.PI) / 2)
      .sub(u.mul(u))
      .exp();
    return u.erf().mul(0.5).add(0.5).add(u.mul(density));
  },
  // t = tanh(u), u = c (x + 0.044715 x^3): 0.5 (1 + t) + 0.5 x (1 - t^2) c (1 + 3 * 0.044715 x^2)
  tanh: (x: Tensor) => {
    const c = Math.sqrt(2 / Math.PI);
    const square = x.mul(x);
    const t = x.mul(square.mul(0.044715 * c).add(c)).tanh();
    const slope = square.mul(3 * 0.044715 * c).add(c);
    return t
      .mul(0.5)
      .add(0.5)
      .add(
        x
          .mul(slope)
          .mul(full(1).sub(t.mul(t)))
          .mul(0.5),
      );
  },
  // s = sigmoid(1.702 x): s + 1.702 x s (1 - s)
  quick: (x: Tensor) => {
    const u = x.mul(1.702);
    const s = u.sigmoid();
    const us = u.mul(s);
    return s.add(us).sub(us.mul(s));
  },
};
