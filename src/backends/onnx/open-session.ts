import { fail } from "../../core/errors.ts";
import { encodeModel, type OnnxModel } from "./proto.ts";
import type { CreateSession, OrtSession, SessionOptions } from "./session.ts";

// ONNX Runtime 1.30 holds a usage reporter: unless this is set before its first environment is made, it starts a
// thread and writes a device id below the home folder.
process.env.ORT_DISABLE_TELEMETRY ??= "1";

let createSession: Promise<CreateSession> | undefined;

/**
 * Compiles a graph with the C API, or with onnxruntime-node's own binding where the library does not load or the
 * environment variable BIFOCAL_ORT is "binding"; the binding copies every array and blocks the event loop.
 * @throws BifocalError "backend" when ONNX Runtime refuses the graph.
 */
export async function openSession(model: OnnxModel, options: SessionOptions): Promise<OrtSession> {
  createSession ??= chooseImplementation();
  return (await createSession)(encodeModel(model), model, options);
}

async function chooseImplementation(): Promise<CreateSession> {
  const wanted = process.env.BIFOCAL_ORT;
  if (wanted !== undefined && wanted !== "binding") {
    fail("config", "BIFOCAL_ORT", { expected: '"binding" or nothing', got: JSON.stringify(wanted) });
  }
  if (wanted === undefined) {
    try {
      const { createOrtSession, startOrt } = await import("./ort-session.ts");
      startOrt();
      return createOrtSession;
    } catch (error) {
      process.emitWarning(`ONNX Runtime's C API is out of reach, using the slower Node binding: ${error}`);
    }
  }
  return (await import("./binding-session.ts")).createBindingSession;
}
