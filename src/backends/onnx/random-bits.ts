import { mix32 } from "../../core/rng.ts";
import { type RandomAttributes, rowNumbers } from "../../graph/ops/random.ts";
import type { Emitter } from "./emit.ts";

/**
 * The randomBits op from ONNX's integer ops: hashes of the rows and of the columns, then one product an element.
 * ONNX shifts only unsigned words and multiplies only signed ones, hence the casts, all on the short sides.
 */
export function emitRandomBits(emit: Emitter, attributes: RandomAttributes, key: string): string {
  const { shape, site } = attributes;
  const rows = rowNumbers(attributes);
  const columns = Int32Array.from({ length: shape.at(-1) ?? 1 }, (_, i) => i);
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
  const side = (numbers: Int32Array, step: number, shapeOfSide: number[], salt: string) => {
    const steps = numbers.map((number) => Math.imul(number + 1, step));
    const hashed = mix(xor(emit.constant("i32", shapeOfSide, steps), mix(salt)));
    return emit.op("BitwiseOr", [hashed, word(1)]);
  };
  const rowHash = side(rows, 0x9e3779b1, [rows.length, 1], xor(key, word(mix32(2 * site + 1))));
  const columnHash = side(
    columns,
    0x85ebca77,
    [1, columns.length],
    emit.op("Add", [key, word(mix32(2 * site + 2))]),
  );
  return emit.op("Reshape", [emit.op("Mul", [rowHash, columnHash]), emit.ints(shape)]);
}
