/** What the training engine asks of ONNX Runtime, whichever way it is reached. */
import { fail } from "../../core/errors.ts";
import { showShape, sizeOf } from "../../core/shape.ts";
import { type OnnxArray, type OnnxSignature, type OnnxValue, onnxArrayOf } from "./proto.ts";

/** Arrays by graph value name. */
export type Arrays = Readonly<Record<string, OnnxArray>>;

/** A compiled graph. It lives as long as the process: ONNX Runtime leaks when sessions come and go. */
export interface OrtSession {
  /**
   * Ties every input and output to memory of the caller, once for many runs. An output may be the same array as an
   * input only where the op that writes it is the last reader of that input and works element by element.
   * @throws BifocalError "backend" for a missing, unknown or wrongly typed or sized array.
   */
  bind(inputs: Arrays, outputs: Arrays): Binding;
}

/** One run at a time: the outputs are the same memory in each. */
export interface Binding {
  /** Reads the inputs as they are now and writes the outputs in place. */
  run(): Promise<void>;
  /** The same, on this thread. @throws BifocalError "backend" on the Node binding, which has no such call. */
  runSync(): void;
}

/** What a session is told beside its model. */
export interface SessionOptions {
  /** What error messages call the graph: "train step, batch 8". */
  readonly name: string;
}

/** Compiles ModelProto bytes whose inputs and outputs are those of the signature. */
export type CreateSession = (
  model: Uint8Array,
  signature: OnnxSignature,
  options: SessionOptions,
) => OrtSession | Promise<OrtSession>;

/** Every value of the signature has an array of its type and size, and there is no array beside them. */
export function checkArrays(where: string, values: readonly OnnxValue[], arrays: Arrays): void {
  const names = values.map((value) => value.name);
  const unknown = Object.keys(arrays).filter((name) => !names.includes(name));
  if (unknown.length > 0) fail("backend", where, { expected: names.join(", "), got: unknown.join(", ") });
  for (const { name, dtype, shape } of values) {
    const array = arrays[name];
    if (!(array instanceof onnxArrayOf[dtype]) || array.length !== sizeOf(shape)) {
      fail("backend", `${where}, ${name}`, {
        expected: `${onnxArrayOf[dtype].name}(${sizeOf(shape)}) for ${dtype}${showShape(shape)}`,
        got: array === undefined ? "nothing" : `${array.constructor.name}(${array.length})`,
      });
    }
  }
}
