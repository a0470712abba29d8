/** A graph as a list of calls of libtorch, built once and run many times. */
import type { TypedArray } from "../../core/dtype.ts";
import type { Shape } from "../../core/shape.ts";
import type { TorchDtype } from "./torch-library.ts";

/** A tensor of the program, by its place in the table of handles of a run. */
export interface Value {
  readonly id: number;
}

/** What a call is given: tensors, or words as the ABI encodes its other types. */
export type Argument =
  | Value
  | { readonly word: bigint }
  | { readonly words: readonly bigint[] }
  | { readonly tensors: readonly Value[] }
  | { readonly text: string }
  | { readonly some: Argument };

/** Where the elements of a tensor lie in its memory; its sizes, then its strides, which libtorch reads from here. */
export interface Layout {
  readonly words: BigInt64Array;
  /** In elements. */
  readonly offset: number;
}

/** One step of a program. */
export type Instruction =
  | {
      readonly kind: "call";
      readonly op: string;
      readonly overload: string;
      readonly inputs: readonly Argument[];
      readonly results: readonly Value[];
      /** Module path, for errors. */
      readonly path: string;
    }
  | {
      readonly kind: "add";
      readonly a: Value;
      readonly b: Value;
      readonly alpha: number;
      readonly result: Value;
    }
  | { readonly kind: "view"; readonly of: Value; readonly layout: Layout; readonly result: Value }
  | { readonly kind: "output"; readonly name: string; readonly value: Value };

/** Numbers that are part of a program. */
export interface ProgramConstant {
  readonly value: Value;
  readonly dtype: TorchDtype;
  readonly shape: Shape;
  readonly data: TypedArray;
}

/** Calls in their order; leaves and constants have values that are there before the first. */
export interface Program {
  readonly instructions: readonly Instruction[];
  readonly constants: readonly ProgramConstant[];
  /** By name of the leaf. */
  readonly leaves: ReadonlyMap<string, Value>;
  /** Number of values. */
  readonly size: number;
}

const scratch = new DataView(new ArrayBuffer(8));

function bitsOf(value: number): bigint {
  scratch.setFloat64(0, value);
  return scratch.getBigUint64(0);
}

const wordOf = (value: number) => BigInt.asUintN(64, BigInt(value));

/** An argument of schema type int or SymInt. */
export const int = (value: number): Argument => ({ word: wordOf(value) });
/** An argument of schema type float. */
export const float = (value: number): Argument => ({ word: bitsOf(value) });
/** An argument of schema type bool. */
export const flag = (value: boolean): Argument => ({ word: value ? 1n : 0n });
/** An argument of schema type int[] or SymInt[]. */
export const ints = (values: readonly number[]): Argument => ({ words: values.map(wordOf) });
/** An argument of schema type bool[]. */
export const flags = (...values: readonly boolean[]): Argument => ({
  words: values.map((value) => (value ? 1n : 0n)),
});
/** An optional argument that is given. */
export const some = (argument: Argument): Argument => ({ some: argument });
/** An optional argument that is not. */
export const none: Argument = { word: 0n };
/** An argument of schema type str. */
export const text = (value: string): Argument => ({ text: value });

/** Collects a program. */
export interface Emitter {
  /** Module path of what is emitted next. */
  path: string;
  /** Calls an op of libtorch by its schema's name, "aten::mul.Tensor", with every argument of the schema in its order. */
  call(schema: string, inputs: readonly Argument[]): Value;
  /** The same for an op with several results. */
  callAll(schema: string, inputs: readonly Argument[], results: number): readonly Value[];
  /** a + alpha * b, floats only: the one operator that the dispatcher cannot be asked for. */
  add(a: Value, b: Value, alpha?: number): Value;
  constant(dtype: TorchDtype, shape: Shape, data: TypedArray): Value;
  leaf(name: string): Value;
  output(name: string, value: Value): void;
  /** Whether products of bf16 are fast. */
  readonly fastBf16: boolean;
  /** The code of a dtype, as an argument. */
  dtype(dtype: TorchDtype): Argument;
  finish(): Program;
}

/** An empty program; `dtypes` are the library's codes. */
export function emitter(dtypes: Readonly<Record<TorchDtype, number>>, fastBf16: boolean): Emitter {
  const instructions: Instruction[] = [];
  const constants: ProgramConstant[] = [];
  const leaves = new Map<string, Value>();
  let size = 0;
  const newValue = (): Value => ({ id: size++ });

  const emit: Emitter = {
    path: "",
    fastBf16,
    call: (schema, inputs) => emit.callAll(schema, inputs, 1)[0]!,
    callAll: (schema, inputs, count) => {
      const [op = "", overload = ""] = schema.split(".");
      const results = Array.from({ length: count }, newValue);
      instructions.push({ kind: "call", op, overload, inputs, results, path: emit.path });
      return results;
    },
    add: (a, b, alpha = 1) => {
      const result = newValue();
      instructions.push({ kind: "add", a, b, alpha, result });
      return result;
    },
    constant: (dtype, shape, data) => {
      const value = newValue();
      constants.push({ value, dtype, shape, data });
      return value;
    },
    leaf: (name) => {
      const value = newValue();
      leaves.set(name, value);
      return value;
    },
    output: (name, value) => {
      instructions.push({ kind: "output", name, value });
    },
    dtype: (dtype) => int(dtypes[dtype]),
    finish: () => ({ instructions, constants, leaves, size }),
  };
  return emit;
}

/** Every tensor an instruction reads, as often as it does. */
export function valuesOf(instruction: Instruction): readonly Value[] {
  if (instruction.kind === "output") return [instruction.value];
  if (instruction.kind === "add") return [instruction.a, instruction.b];
  if (instruction.kind === "view") return [instruction.of];
  return instruction.inputs.flatMap(tensorsIn);
}

function tensorsIn(argument: Argument): readonly Value[] {
  if ("id" in argument) return [argument];
  if ("tensors" in argument) return argument.tensors;
  return "some" in argument ? tensorsIn(argument.some) : [];
}
