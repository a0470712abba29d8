import { roundToBf16 } from "../../../core/dtype.ts";
import type { elementwise, GeluKind } from "../../../graph/ops/elementwise.ts";
import { erf } from "./erf.ts";
import { broadcastPositions, type Call, type Data, type Kernels, zeros } from "./kernel.ts";

type Elementwise = keyof typeof elementwise;

function unary(f: (x: number) => number) {
  return ({ inputs: [x] }: Call<Elementwise>): Data[] => [x!.data.map(f)];
}

/** Integer results wrap modulo 2^32; `ofIntegers` is needed only where a product leaves the range of exact doubles. */
function binary(f: (a: number, b: number) => number, ofIntegers = f) {
  return ({ inputs: [a, b], types: [type] }: Call<Elementwise>): Data[] => {
    const atA = broadcastPositions(a!.type.shape, type!.shape);
    const atB = broadcastPositions(b!.type.shape, type!.shape);
    const combine = a!.type.dtype === "i32" ? ofIntegers : f;
    const result = zeros(type!);
    for (let i = 0; i < result.length; i++) result[i] = combine(a!.data[atA[i]!]!, b!.data[atB[i]!]!);
    return [result];
  };
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const gelus: Record<GeluKind, (x: number) => number> = {
  exact: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)),
  tanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  quick: (x) => x * sigmoid(1.702 * x),
};

/** Element by element with NumPy broadcasting; i32 arithmetic wraps modulo 2^32. */
export const elementwiseKernels: Kernels<Elementwise> = {
  add: binary((a, b) => a + b),
  sub: binary((a, b) => a - b),
  mul: binary((a, b) => a * b, Math.imul),
  div: binary((a, b) => a / b),
  pow: binary((a, b) => a ** b),
  maximum: binary(Math.max),
  minimum: binary(Math.min),
  equal: binary((a, b) => Number(a === b)),
  less: binary((a, b) => Number(a < b)),
  and: binary((a, b) => a & b),
  or: binary((a, b) => a | b),
  not: unary((x) => 1 - x),
  neg: unary((x) => -x),
  abs: unary(Math.abs),
  exp: unary(Math.exp),
  log: unary(Math.log),
  sqrt: unary(Math.sqrt),
  reciprocal: unary((x) => 1 / x),
  sin: unary(Math.sin),
  cos: unary(Math.cos),
  tanh: unary(Math.tanh),
  sigmoid: unary(sigmoid),
  erf: unary(erf),
  relu: unary((x) => Math.max(x, 0)),
  stopGradient: ({ inputs: [x] }) => [x!.data],
  gelu: ({ attributes: { kind }, inputs: [x] }) => [x!.data.map(gelus[kind])],
  where: ({ inputs: [condition, a, b], types: [type] }) => {
    const [atCondition, atA, atB] = [condition!, a!, b!].map(({ type: { shape } }) =>
      broadcastPositions(shape, type!.shape),
    );
    const result = zeros(type!);
    for (let i = 0; i < result.length; i++) {
      result[i] = condition!.data[atCondition![i]!] ? a!.data[atA![i]!]! : b!.data[atB![i]!]!;
    }
    return [result];
  },
  cast: ({ attributes: { to }, inputs: [x], types: [type] }) => {
    const result = zeros(type!);
    if (to === "bf16") return [result.map((_, i) => roundToBf16(x!.data[i]!))];
    // Storing into an integer array truncates towards zero and wraps.
    for (let i = 0; i < result.length; i++)
      result[i] = to === "bool" ? Number(x!.data[i] !== 0) : x!.data[i]!;
    return [result];
  },
};
