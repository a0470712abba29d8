import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeModel } from "./proto.ts";

type Field = readonly [number, bigint | Uint8Array];

/** Reads one message back: a minimal protobuf decoder, written against the wire format and not against the encoder. */
function fields(bytes: Uint8Array): Field[] {
  const found: Field[] = [];
  let at = 0;
  function varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
  while (at < bytes.length) {
    const key = Number(varint());
    if ((key & 7) === 0) {
      found.push([key >> 3, varint()]);
    } else {
      const length = (key & 7) === 5 ? 4 : Number(varint());
      found.push([key >> 3, bytes.subarray(at, at + length)]);
      at += length;
    }
  }
  return found;
}

function all(bytes: Uint8Array, field: number): Uint8Array[] {
  return fields(bytes).flatMap(([number, value]) =>
    number === field && value instanceof Uint8Array ? [value] : [],
  );
}

function integers(bytes: Uint8Array, field: number): bigint[] {
  return fields(bytes).flatMap(([number, value]) =>
    number === field && typeof value === "bigint" ? [value] : [],
  );
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

const model = encodeModel({
  nodes: [
    {
      op: "Gelu",
      domain: "com.microsoft",
      name: "é",
      inputs: ["x", ""],
      outputs: ["y"],
      attributes: {
        axis: { type: "int", value: -1 },
        scale: { type: "float", value: 0.5 },
        mode: { type: "string", value: "tanh" },
        axes: { type: "ints", value: [0, 300] },
        weights: { type: "floats", value: [1, -2] },
        value: { type: "tensor", value: { name: "", dtype: "i64", shape: [], data: BigInt64Array.of(-7n) } },
      },
    },
  ],
  inputs: [{ name: "x", dtype: "bool", shape: [2, 768] }],
  outputs: [{ name: "y", dtype: "f32", shape: [] }],
  // A view that starts inside its buffer.
  initializers: [{ name: "w", dtype: "f32", shape: [3], data: Float32Array.of(9, 1, 2, 3).subarray(1) }],
});
const graph = all(model, 7)[0]!;

test("a model carries its IR version and both operator sets", () => {
  assert.deepEqual(integers(model, 1), [10n]);
  const sets = all(model, 8).map((set) => [all(set, 1).map(text)[0] ?? "", integers(set, 2)[0]]);
  assert.deepEqual(sets, [
    ["", 21n],
    ["com.microsoft", 1n],
  ]);
});

test("a node keeps its names, with left-out inputs as empty strings", () => {
  const node = all(graph, 1)[0]!;
  assert.deepEqual(all(node, 1).map(text), ["x", ""]);
  assert.deepEqual(all(node, 2).map(text), ["y"]);
  assert.deepEqual(
    [3, 4, 7].map((field) => text(all(node, field)[0]!)),
    ["é", "Gelu", "com.microsoft"],
  );
});

test("each kind of attribute has its value and its type code", () => {
  const attributes = all(all(graph, 1)[0]!, 5);
  const types = attributes.map((attribute) => [text(all(attribute, 1)[0]!), integers(attribute, 20)[0]]);
  assert.deepEqual(types, [
    ["axis", 2n],
    ["scale", 1n],
    ["mode", 3n],
    ["axes", 7n],
    ["weights", 6n],
    ["value", 4n],
  ]);
  const [axis, scale, mode, axes, weights, value] = attributes as [Uint8Array, ...Uint8Array[]];
  assert.equal(BigInt.asIntN(64, integers(axis, 3)[0]!), -1n);
  assert.equal(Buffer.from(all(scale!, 2)[0]!).readFloatLE(), 0.5);
  assert.equal(text(all(mode!, 4)[0]!), "tanh");
  assert.deepEqual(integers(axes!, 8), [0n, 300n]);
  assert.deepEqual(
    all(weights!, 7).map((bytes) => Buffer.from(bytes).readFloatLE()),
    [1, -2],
  );
  const tensor = all(value!, 5)[0]!;
  assert.deepEqual(integers(tensor, 2), [7n]);
  assert.equal(Buffer.from(all(tensor, 9)[0]!).readBigInt64LE(), -7n);
});

test("an initializer stores its raw bytes, of a view only the viewed ones", () => {
  const tensor = all(graph, 5)[0]!;
  assert.deepEqual(integers(tensor, 1), [3n]);
  assert.deepEqual([...all(tensor, 9)[0]!], [...new Uint8Array(Float32Array.of(1, 2, 3).buffer)]);
});

test("values state dtype and shape, and a scalar has a shape without sizes", () => {
  const shapes = [all(graph, 11)[0]!, all(graph, 12)[0]!].map((value) => {
    const tensorType = all(all(value, 2)[0]!, 1)[0]!;
    const shape = all(tensorType, 2)[0];
    return [integers(tensorType, 1)[0], shape && all(shape, 1).map((size) => integers(size, 1)[0])];
  });
  assert.deepEqual(shapes, [
    [9n, [2n, 768n]],
    [1n, []],
  ]);
});
