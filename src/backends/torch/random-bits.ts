import { sizeOf, stridesOf } from "../../core/shape.ts";
import type { DrawEmitter, HashTable } from "../draws.ts";
import { addIntegers } from "./arithmetic.ts";
import { type Emitter, int, ints, some, type Value } from "./emit.ts";

/** The randomBits op in libtorch's integer ops. */
export function drawEmitter(emit: Emitter): DrawEmitter<Value> {
  const call = (schema: string, a: Value, b: Value) => emit.call(schema, [a, b]);
  const word = (value: number) => emit.constant("i32", [1], Int32Array.of(value));
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
  return {
    table: ({ side, steps, salts }: HashTable, key) => {
      const salt = emit.constant("i32", [salts.length, 1], Int32Array.from(salts));
      const salted = side === "rows" ? xor(key, salt) : addIntegers(emit, key, salt);
      const hashed = mix(xor(emit.constant("i32", [1, steps.length], steps), mix(salted)));
      return call("aten::bitwise_or.Tensor", hashed, word(1));
    },
    words: (shape, rows, columns) => {
      const factors = [...shape.slice(0, -1), 1];
      const place = [ints(factors), ints(stridesOf(factors)), some(int(rows.line * sizeOf(factors)))];
      return call(
        "aten::mul.Tensor",
        emit.call("aten::as_strided", [rows.table, ...place]),
        emit.call("aten::select.int", [columns.table, int(0), int(columns.line)]),
      );
    },
  };
}
