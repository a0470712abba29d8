/** Sessions through ONNX Runtime's C API: tensors are the caller's memory, runs leave the event loop free. */
import { promisify } from "node:util";
import { fail } from "../../core/errors.ts";
import { threads } from "../threads.ts";
import { addressOf, check, create, loadOrt, type Pointer } from "./ort-library.ts";
import { type OnnxArray, type OnnxSignature, type OnnxValue, onnxDtypeCode } from "./proto.ts";
import { type Arrays, type Binding, checkArrays, type OrtSession, type SessionOptions } from "./session.ts";

const severityFatal = 4; // errors come back as statuses: nothing else belongs on stderr
const deviceAllocator = 0;
const defaultMemory = 0;
// Constant folding and the like. One level up, Add + LayerNormalization become SkipLayerNormalization, which is
// several times slower on the CPU.
const basicOptimization = 1;

/**
 * One pool of threads for all sessions. They wait for the next op by spinning: woken from sleep, they cost a training
 * step a tenth. Pools of several sessions would spin against each other; a single one does not.
 */
function start() {
  const api = loadOrt();
  const threading = create(api, "onnx", (out) => api.createThreadingOptions(out));
  check(api, "onnx", api.setGlobalIntraOpNumThreads(threading, threads()));
  check(api, "onnx", api.setGlobalInterOpNumThreads(threading, 1));
  check(api, "onnx", api.setGlobalSpinControl(threading, 1));
  const env = create(api, "onnx", (out) =>
    api.createEnvWithGlobalThreadPools(severityFatal, "bifocal", threading, out),
  );
  api.releaseThreadingOptions(threading);
  check(api, "onnx", api.disableTelemetry(env));
  const memory = create(api, "onnx", (out) => api.createCpuMemoryInfo(deviceAllocator, defaultMemory, out));
  return { api, env, memory, runAsync: promisify(api.runWithBinding.async) };
}

let started: ReturnType<typeof start> | undefined;

/** Loads the library once per process. @throws where it is not installed or does not load. */
export function startOrt(): ReturnType<typeof start> {
  started ??= start();
  return started;
}

/** Compiles a graph. @throws BifocalError "backend" when ONNX Runtime refuses it. */
export function createOrtSession(
  model: Uint8Array,
  signature: OnnxSignature,
  options: SessionOptions,
): OrtSession {
  const { api, env } = startOrt();
  const where = `onnx session "${options.name}"`;
  const settings = create(api, where, (out) => api.createSessionOptions(out));
  check(api, where, api.disablePerSessionThreads(settings));
  check(api, where, api.setGraphOptimizationLevel(settings, basicOptimization));
  // Planning one block for all intermediates doubles the memory: the first run fills the arena without the plan.
  check(api, where, api.disableMemPattern(settings));
  let session: bigint;
  try {
    session = create(api, where, (out) =>
      api.createSessionFromArray(env, model, model.byteLength, settings, out),
    );
  } finally {
    api.releaseSessionOptions(settings);
  }
  return { bind: (inputs, outputs) => bind(session, where, signature, inputs, outputs) };
}

/** Frees the native side of bindings that nobody holds any more. */
const abandoned = new FinalizationRegistry((binding: bigint) => startOrt().api.releaseIoBinding(binding));

function bind(
  session: bigint,
  where: string,
  signature: OnnxSignature,
  inputs: Arrays,
  outputs: Arrays,
): Binding {
  checkArrays(where, signature.inputs, inputs);
  checkArrays(where, signature.outputs, outputs);
  const { api, runAsync } = startOrt();
  const native = create(api, where, (out) => api.createIoBinding(session, out));
  for (const value of signature.inputs) {
    withTensor(where, value, inputs[value.name]!, (tensor) => api.bindInput(native, value.name, tensor));
  }
  for (const value of signature.outputs) {
    withTensor(where, value, outputs[value.name]!, (tensor) => api.bindOutput(native, value.name, tensor));
  }

  // Native code points into these arrays. Both runs refer to `held`, so it outlives a run in flight.
  const held = { arrays: [...Object.values(inputs), ...Object.values(outputs)], busy: false };
  abandoned.register(held, native);
  const enter = () => {
    if (held.busy) fail("backend", where, { expected: "one run at a time", got: "a second on one binding" });
    held.busy = true;
  };
  return {
    async run() {
      enter();
      try {
        check(api, where, await runAsync(session, null, native));
      } finally {
        held.busy = false;
      }
    },
    runSync() {
      enter();
      try {
        check(api, where, api.runWithBinding(session, null, native));
      } finally {
        held.busy = false;
      }
    },
  };
}

/** Wraps the array for the length of `use`; what `use` hands it to shares ownership. */
function withTensor(
  where: string,
  { name, dtype, shape }: OnnxValue,
  array: OnnxArray,
  use: (tensor: bigint) => Pointer,
): void {
  const { api, memory } = startOrt();
  const sizes = BigInt64Array.from(shape, BigInt);
  const tensor = create(api, `${where}, ${name}`, (out) =>
    api.createTensorWithData(
      memory,
      addressOf(array),
      array.byteLength,
      sizes,
      shape.length,
      onnxDtypeCode[dtype],
      out,
    ),
  );
  const status = use(tensor);
  api.releaseValue(tensor);
  check(api, `${where}, ${name}`, status);
}
