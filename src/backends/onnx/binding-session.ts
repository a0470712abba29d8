/** Sessions through onnxruntime-node's own binding: every array is copied and a run blocks the event loop. */
import { InferenceSession, Tensor } from "onnxruntime-node";
import { fail } from "../../core/errors.ts";
import { threads } from "../threads.ts";
import type { OnnxArray, OnnxDtype, OnnxSignature } from "./proto.ts";
import { checkArrays, type OrtSession, type SessionOptions } from "./session.ts";

const tensorType: Record<OnnxDtype, Tensor.Type> = {
  f32: "float32",
  f64: "float64",
  i32: "int32",
  i64: "int64",
  u32: "uint32",
  u8: "uint8",
  bool: "bool",
};

/** Compiles a graph. @throws BifocalError "backend" when ONNX Runtime refuses it. */
export async function createBindingSession(
  model: Uint8Array,
  signature: OnnxSignature,
  options: SessionOptions,
): Promise<OrtSession> {
  const where = `onnx session "${options.name}"`;
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: threads(),
    graphOptimizationLevel: "basic",
    enableMemPattern: false,
    logSeverityLevel: 4,
  }).catch((error: unknown) => fail("backend", where, { got: String(error) }));

  return {
    bind(inputs, outputs) {
      checkArrays(where, signature.inputs, inputs);
      checkArrays(where, signature.outputs, outputs);
      return {
        async run() {
          const feeds: Record<string, Tensor> = {};
          for (const { name, dtype, shape } of signature.inputs) {
            // The binding refuses shared memory.
            feeds[name] = new Tensor(tensorType[dtype], inputs[name]!.slice(), shape);
          }
          const results = await session
            .run(feeds)
            .catch((error: unknown) => fail("backend", where, { got: String(error) }));
          for (const { name } of signature.outputs)
            copyInto(outputs[name]!, results[name]!.data as OnnxArray);
        },
        runSync() {
          fail("backend", where, { expected: "the C API", got: "the Node binding", todo: "await run()" });
        },
      };
    },
  };
}

/** Both have the same element type, which the signature fixed. */
function copyInto(target: OnnxArray, source: OnnxArray): void {
  if (target instanceof BigInt64Array) target.set(source as BigInt64Array);
  else target.set(source as Float32Array);
}
