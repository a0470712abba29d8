import type { elementwise } from "../../graph/ops/elementwise.ts";
import { addIntegers, castTo, scaled } from "./arithmetic.ts";
import type { Emitter, Value } from "./emit.ts";
import { text } from "./emit.ts";
import type { Lowered, Lowerings } from "./lowered.ts";

type Elementwise = keyof typeof elementwise;
interface Call {
  readonly emit: Emitter;
  readonly inputs: readonly Value[];
}

const direct =
  (schema: string) =>
  ({ emit, inputs }: Call) => [emit.call(schema, inputs)];

const sum =
  (alpha: number) =>
  ({ emit, inputs: [a, b], types }: Lowered<"add" | "sub">) => [
    types[0]!.dtype === "i32" ? addIntegers(emit, a!, b!, alpha) : emit.add(a!, b!, alpha),
  ];

/** Ops that libtorch has under nearly the same name. */
export const elementwiseLowerings: Lowerings<Elementwise> = {
  add: sum(1),
  sub: sum(-1),
  mul: direct("aten::mul.Tensor"),
  div: direct("aten::div.Tensor"),
  pow: direct("aten::pow.Tensor_Tensor"),
  maximum: direct("aten::maximum"),
  minimum: direct("aten::minimum"),
  equal: direct("aten::eq.Tensor"),
  less: direct("aten::lt.Tensor"),
  and: direct("aten::logical_and"),
  or: direct("aten::logical_or"),
  not: direct("aten::logical_not"),
  neg: direct("aten::neg"),
  abs: direct("aten::abs"),
  exp: direct("aten::exp"),
  log: direct("aten::log"),
  sqrt: direct("aten::sqrt"),
  reciprocal: direct("aten::reciprocal"),
  sin: direct("aten::sin"),
  cos: direct("aten::cos"),
  tanh: direct("aten::tanh"),
  sigmoid: direct("aten::sigmoid"),
  erf: direct("aten::erf"),
  relu: direct("aten::relu"),
  stopGradient: ({ inputs }) => inputs,
  gelu: ({ emit, attributes: { kind }, inputs: [x] }) => {
    if (kind !== "quick") return [emit.call("aten::gelu", [x!, text(kind === "tanh" ? "tanh" : "none")])];
    const share = emit.call("aten::sigmoid", [scaled(emit, x!, 1.702)]);
    return [emit.call("aten::mul.Tensor", [x!, share])];
  },
  where: direct("aten::where.self"),
  cast: ({ emit, attributes: { to }, inputs: [x] }) => [castTo(emit, x!, to)],
};
