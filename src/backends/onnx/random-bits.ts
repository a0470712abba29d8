import type { DrawEmitter, HashLine, HashTable } from "../draws.ts";
import type { Emitter } from "./emit.ts";

/**
 * The randomBits op in ONNX's integer ops. ONNX shifts only unsigned words and multiplies only signed ones, hence the
 * casts, all on the short sides.
 */
export function drawEmitter(emit: Emitter): DrawEmitter<string> {
  const word = (value: number) => emit.constant("i32", [1], [value | 0]);
  const xor = (a: string, b: string) => emit.op("BitwiseXor", [a, b]);
  const xorShift = (x: string, by: number) => {
    const shifted = emit.op("BitShift", [emit.cast(x, "u32"), emit.constant("u32", [1], [by])], {
      direction: "RIGHT",
    });
    return xor(x, emit.cast(shifted, "i32"));
  };
  const mix = (x: string) => {
    const first = emit.op("Mul", [xorShift(x, 16), word(0x85ebca6b)]);
    const second = emit.op("Mul", [xorShift(first, 13), word(0xc2b2ae35)]);
    return xorShift(second, 16);
  };
  const lineOf = ({ table, line }: HashLine<string>) =>
    emit.op("Gather", [table, emit.constant("i64", [], [line])], { axis: 0 });
  return {
    table: ({ side, steps, salts }: HashTable, key) => {
      const salt = emit.constant("i32", [salts.length, 1], salts);
      const salted = side === "rows" ? xor(key, salt) : emit.op("Add", [key, salt]);
      return emit.op("BitwiseOr", [
        mix(xor(emit.constant("i32", [1, steps.length], steps), mix(salted))),
        word(1),
      ]);
    },
    words: (shape, rows, columns) => {
      const column = emit.op("Reshape", [lineOf(rows), emit.ints([...shape.slice(0, -1), 1])]);
      return emit.op("Mul", [column, lineOf(columns)]);
    },
  };
}
