import type { Dtype } from "../../core/dtype.ts";
import { assert } from "../../core/errors.ts";
import type { OnnxArray, OnnxAttribute, OnnxDtype, OnnxNode, OnnxTensor } from "./proto.ts";
import { onnxArrayOf } from "./proto.ts";

/** Collects the nodes and constants of one model while ops are lowered. */
export interface Emitter {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
  /** Adds a node and returns the names of its `results` outputs. */
  node(op: string, inputs: readonly string[], options?: NodeOptions): string[];
  /** Adds a node of one output and returns its name. */
  op(op: string, inputs: readonly string[], attributes?: Attributes): string;
  /** Adds a node of ONNX Runtime's own domain. */
  contrib(op: string, inputs: readonly string[], attributes?: Attributes): string;
  /** A constant; equal small ones are stored once. */
  constant(dtype: OnnxDtype, shape: readonly number[], values: ArrayLike<number>): string;
  /** i64[n]: how ONNX wants shapes, axes and pads. */
  ints(values: readonly number[]): string;
  cast(value: string, to: OnnxDtype): string;
  /** A copy of a value under a given name. */
  copy(value: string, name: string): void;
}

/** Plain values by ONNX's attribute name; a number is written as int64 unless the name is alpha, beta or epsilon. */
export type Attributes = Readonly<Record<string, number | string | readonly number[]>>;

interface NodeOptions {
  readonly domain?: "com.microsoft";
  readonly results?: number;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
}

const castCodes: Record<OnnxDtype, number> = { f32: 1, u8: 2, i32: 6, i64: 7, bool: 9, f64: 11, u32: 12 };

/** Our dtypes but bf16, for which ONNX Runtime has no kernels on the CPU, are a subset of ONNX's, under the same names. */
export function onnxDtypeOf(dtype: Dtype): OnnxDtype {
  assert(dtype !== "bf16", "graphs for ONNX Runtime have no bf16");
  return dtype;
}

/** An empty model: values it adds are called vNODE.OUTPUT, constants cN, in order of creation. */
export function emitter(): Emitter {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const stored = new Map<string, string>();
  let count = 0;

  const node = (op: string, inputs: readonly string[], options: NodeOptions = {}): string[] => {
    const { results = 1, ...rest } = options;
    const id = count++;
    const outputs = Array.from({ length: results }, (_, i) => `v${id}.${i}`);
    nodes.push({ op, inputs, outputs, name: `${op}.${id}`, ...rest });
    return outputs;
  };
  const constant = (dtype: OnnxDtype, shape: readonly number[], values: ArrayLike<number>): string => {
    const data = arrayOf(dtype, values);
    const key = values.length <= 64 ? `${dtype}[${shape.join()}]:${Array.from(values).join()}` : undefined;
    const known = key === undefined ? undefined : stored.get(key);
    if (known !== undefined) return known;
    const name = `c${initializers.length}`;
    initializers.push({ name, dtype, shape, data });
    if (key !== undefined) stored.set(key, name);
    return name;
  };
  return {
    nodes,
    initializers,
    node,
    op: (op, inputs, attributes = {}) => node(op, inputs, { attributes: typed(attributes) })[0]!,
    contrib: (op, inputs, attributes = {}) =>
      node(op, inputs, { domain: "com.microsoft", attributes: typed(attributes) })[0]!,
    constant,
    ints: (values) => constant("i64", [values.length], values),
    cast: (value, to) =>
      node("Cast", [value], { attributes: { to: { type: "int", value: castCodes[to] } } })[0]!,
    copy: (value, name) => {
      nodes.push({ op: "Identity", inputs: [value], outputs: [name], name: `Identity.${name}` });
    },
  };
}

/** A number becomes an int unless `floats` has the attribute's name. */
function typed(attributes: Attributes): Record<string, OnnxAttribute> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]): [string, OnnxAttribute] => {
      if (typeof value === "string") return [name, { type: "string", value }];
      if (typeof value !== "number") return [name, { type: "ints", value }];
      return [name, floats.has(name) ? { type: "float", value } : { type: "int", value }];
    }),
  );
}

/** Names of the attributes we use that ONNX declares as floats. */
const floats: ReadonlySet<string> = new Set(["alpha", "beta", "epsilon"]);

function arrayOf(dtype: OnnxDtype, values: ArrayLike<number>): OnnxArray {
  if (dtype === "i64") return BigInt64Array.from(Array.from(values, BigInt));
  return onnxArrayOf[dtype].from(Array.from(values) as never);
}
