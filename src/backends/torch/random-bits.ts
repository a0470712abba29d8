import { mix32 } from "../../core/rng.ts";
import { type RandomAttributes, rowNumbers } from "../../graph/ops/random.ts";
import { addIntegers } from "./arithmetic.ts";
import { type Emitter, ints, type Value } from "./emit.ts";

/** The randomBits op: hashes of the rows and of the columns, then one product an element. */
export function emitRandomBits(emit: Emitter, attributes: RandomAttributes, key: Value): Value {
  const { shape, site } = attributes;
  const rows = rowNumbers(attributes);
  const columns = Int32Array.from({ length: shape.at(-1) ?? 1 }, (_, i) => i);
  const word = (value: number) => emit.constant("i32", [1], Int32Array.of(value));
  const call = (schema: string, a: Value, b: Value) => emit.call(schema, [a, b]);
  const xor = (a: Value, b: Value) => call("aten::bitwise_xor.Tensor", a, b);
  // The shift of signed words copies the sign: the mask takes it away again.
  const xorShift = (x: Value, by: number) => {
    const shifted = call("aten::bitwise_right_shift.Tensor", x, word(by));
    return xor(x, call("aten::bitwise_and.Tensor", shifted, word(2 ** (32 - by) - 1)));
  };
  const mix = (x: Value) => {
    const first = call("aten::mul.Tensor", xorShift(x, 16), word(0x85ebca6b));
    const second = call("aten::mul.Tensor", xorShift(first, 13), word(0xc2b2ae35));
    return xorShift(second, 16);
  };
  const side = (numbers: Int32Array, step: number, shapeOfSide: number[], salt: Value) => {
    const steps = numbers.map((number) => Math.imul(number + 1, step));
    const hashed = mix(xor(emit.constant("i32", shapeOfSide, steps), mix(salt)));
    return call("aten::bitwise_or.Tensor", hashed, word(1));
  };
  const rowHash = side(rows, 0x9e3779b1, [rows.length, 1], xor(key, word(mix32(2 * site + 1))));
  const columnHash = side(
    columns,
    0x85ebca77,
    [1, columns.length],
    addIntegers(emit, key, word(mix32(2 * site + 2))),
  );
  const bits = call("aten::mul.Tensor", rowHash, columnHash);
  return emit.call("aten::reshape", [bits, ints(shape)]);
}
