/**
 * ONNX models as plain records and their protobuf bytes. The format is onnx.proto (IR version 10) of the ONNX
 * project; only the messages and fields a flat graph of dense tensors needs are written.
 */

/** Element types this backend exchanges with ONNX Runtime. `bool` is one byte per element, 0 or 1. */
export type OnnxDtype = "f32" | "f64" | "i32" | "i64" | "u32" | "u8" | "bool";

/** Memory of an ONNX tensor: u8 and bool share Uint8Array, i64 is BigInt64Array. */
export type OnnxArray = Float32Array | Float64Array | Int32Array | Uint32Array | BigInt64Array | Uint8Array;

/** TensorProto.DataType, which ONNX Runtime's ONNXTensorElementDataType repeats. */
export const onnxDtypeCode: Record<OnnxDtype, number> = {
  f32: 1,
  u8: 2,
  i32: 6,
  i64: 7,
  bool: 9,
  f64: 11,
  u32: 12,
};

/** The typed array each dtype lives in. */
export const onnxArrayOf = {
  f32: Float32Array,
  f64: Float64Array,
  i32: Int32Array,
  i64: BigInt64Array,
  u32: Uint32Array,
  u8: Uint8Array,
  bool: Uint8Array,
} as const satisfies Record<OnnxDtype, unknown>;

/** A graph input or output; `[]` is a scalar. */
export interface OnnxValue {
  readonly name: string;
  readonly dtype: OnnxDtype;
  readonly shape: readonly number[];
}

/** A dense tensor; the name is empty inside an attribute. */
export interface OnnxTensor extends OnnxValue {
  readonly data: OnnxArray;
}

/** AttributeProto by its type: ints are 64 bits wide in the file, floats 32. */
export type OnnxAttribute =
  | { readonly type: "int"; readonly value: number }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "ints"; readonly value: readonly number[] }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "tensor"; readonly value: OnnxTensor };

/** One operator. An empty string among the inputs or outputs leaves an optional one out. */
export interface OnnxNode {
  readonly op: string;
  readonly domain?: "com.microsoft";
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** ONNX Runtime's messages name the node by it. */
  readonly name?: string;
}

/** What a caller must feed and may fetch. */
export interface OnnxSignature {
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
}

/** A graph; nodes are in topological order, initializers are constants stored in the model. */
export interface OnnxModel extends OnnxSignature {
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

/** Version of the ai.onnx operator set every node without a domain belongs to. */
export const opset = 21;
const irVersion = 10;

/** Chunks of a message: big tensors are referenced, not copied, until the last concatenation. */
type Bytes = readonly Uint8Array[];

/** ModelProto bytes. They must stay below protobuf's 2 GiB: pass big weights as graph inputs. */
export function encodeModel(model: OnnxModel): Uint8Array {
  const graph = [
    ...model.nodes.flatMap((node) => nested(1, encodeNode(node))),
    ...text(2, "bifocal"),
    ...model.initializers.flatMap((tensor) => nested(5, encodeTensor(tensor))),
    ...model.inputs.flatMap((value) => nested(11, encodeValue(value))),
    ...model.outputs.flatMap((value) => nested(12, encodeValue(value))),
  ];
  return concatenate([
    ...int(1, irVersion),
    ...text(2, "bifocal"),
    ...nested(7, graph),
    ...nested(8, int(2, opset)),
    ...nested(8, [...text(1, "com.microsoft"), ...int(2, 1)]),
  ]);
}

function encodeNode(node: OnnxNode): Bytes {
  return [
    ...node.inputs.flatMap((name) => text(1, name)),
    ...node.outputs.flatMap((name) => text(2, name)),
    ...text(3, node.name ?? ""),
    ...text(4, node.op),
    ...Object.entries(node.attributes ?? {}).flatMap(([name, attribute]) =>
      nested(5, [...text(1, name), ...encodeAttribute(attribute)]),
    ),
    ...text(7, node.domain ?? ""),
  ];
}

/** The value in its own field and, in field 20, AttributeProto.AttributeType. */
function encodeAttribute(attribute: OnnxAttribute): Bytes {
  switch (attribute.type) {
    case "float":
      return [...float(2, attribute.value), ...int(20, 1)];
    case "int":
      return [...int(3, attribute.value), ...int(20, 2)];
    case "string":
      return [...text(4, attribute.value), ...int(20, 3)];
    case "tensor":
      return [...nested(5, encodeTensor(attribute.value)), ...int(20, 4)];
    case "floats":
      return [...attribute.value.flatMap((value) => float(7, value)), ...int(20, 6)];
    case "ints":
      return [...attribute.value.flatMap((value) => int(8, value)), ...int(20, 7)];
  }
}

function encodeTensor(tensor: OnnxTensor): Bytes {
  const { data } = tensor;
  return [
    ...tensor.shape.flatMap((size) => int(1, size)),
    ...int(2, onnxDtypeCode[tensor.dtype]),
    ...text(8, tensor.name),
    ...nested(9, [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]),
  ];
}

function encodeValue(value: OnnxValue): Bytes {
  const shape = value.shape.flatMap((size) => nested(1, int(1, size)));
  const tensorType = [...int(1, onnxDtypeCode[value.dtype]), ...nested(2, shape)];
  return [...text(1, value.name), ...nested(2, nested(1, tensorType))];
}

// Protobuf wire types: 0 varint, 2 length and bytes, 5 four bytes.

function int(field: number, value: number): Bytes {
  return [Uint8Array.from([...varint(field << 3), ...varint(value)])];
}

function float(field: number, value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value, true);
  return [Uint8Array.from([...varint((field << 3) | 5), ...bytes])];
}

const encoder = new TextEncoder();

function text(field: number, value: string): Bytes {
  return nested(field, [encoder.encode(value)]);
}

function nested(field: number, content: Bytes): Bytes {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return [Uint8Array.from([...varint((field << 3) | 2), ...varint(length)]), ...content];
}

/** Seven bits a byte, low ones first; a negative number is its 64-bit two's complement. */
function varint(value: number): number[] {
  if (value >= 0 && value < 128) return [value]; // nearly all of them
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

function concatenate(parts: Bytes): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
