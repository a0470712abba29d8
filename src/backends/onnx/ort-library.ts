/**
 * ONNX Runtime's C API through koffi: only declarations. The library exports one symbol, OrtGetApiBase; it leads to
 * OrtApi, a struct of function pointers that only ever grows, so the indexes below hold for every later version.
 */
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import koffi, { type KoffiFunc } from "koffi";
import { fail } from "../../core/errors.ts";
import { growNativeStack } from "../native-stack.ts";

/** A native pointer; null where C has NULL. */
export type Pointer = bigint | null;

/** Out-parameter: the function writes the new object's pointer into element 0. */
export type Out = [Pointer];

/** Version of OrtApi asked for: the oldest that has every function used here, with margin for older libraries. */
const apiVersion = 16;

const require = createRequire(import.meta.url);
const manifest = "onnxruntime-node/package.json";

/** "1.30.0", without loading anything. @throws when the onnxruntime-node package is not installed. */
export function ortVersion(): string {
  return (require(manifest) as { readonly version: string }).version;
}

/** Where npm put the shared library for this platform. @throws when the onnxruntime-node package is not installed. */
export function ortLibraryPath(): string {
  const root = dirname(require.resolve(manifest));
  const file = { linux: "libonnxruntime.so.1", darwin: "libonnxruntime.1.dylib", win32: "onnxruntime.dll" };
  const name = Object.entries(file).find(([platform]) => platform === process.platform)?.[1];
  if (name === undefined)
    fail("backend", "onnx", { expected: "Linux, macOS or Windows", got: process.platform });
  return join(root, "bin", "napi-v6", process.platform, process.arch, name);
}

/** The part of OrtApi this backend calls; every status is a pointer that `check` reads and frees. */
export type OrtApi = ReturnType<typeof loadOrt>;

/** Loads the library and looks the functions up. @throws when koffi or the library does not work on this platform. */
export function loadOrt(path: string = ortLibraryPath()) {
  growNativeStack();
  const library = koffi.load(path);
  const getApiBase: () => bigint = library.func("OrtGetApiBase", "void *", []);
  // OrtApiBase is { GetApi, GetVersionString }.
  const base = getApiBase();
  const getApi: (version: number) => Pointer = koffi.decode(
    koffi.decode(base, 0, "void *"),
    koffi.proto("void *", ["uint32_t"]),
  );
  const getVersion: () => string = koffi.decode(
    koffi.decode(base, 8, "void *"),
    koffi.proto("const char *", []),
  );
  const table = getApi(apiVersion);
  if (table === null) {
    fail("backend", "onnx", {
      expected: `an ONNX Runtime with C API ${apiVersion}`,
      got: `version ${getVersion()}`,
      todo: "install a newer onnxruntime-node",
    });
  }

  const out = koffi.out(koffi.pointer("void *"));
  const pointer = "void *";
  /** F is the C function's type in koffi's terms, the last argument is what it returns. */
  function bind<F extends (...args: never[]) => unknown>(
    index: number,
    parameters: (string | typeof out)[],
    result = pointer,
  ): KoffiFunc<F> {
    return koffi.decode(koffi.decode(table, index * 8, pointer), koffi.proto(result, parameters));
  }
  type OfOptions = (options: Pointer) => Pointer;
  type SetInteger = (options: Pointer, value: number) => Pointer;
  type BindValue = (binding: Pointer, name: string, value: Pointer) => Pointer;
  type Release = (object: Pointer) => void;

  return {
    /** koffi unmaps the code once nobody holds this. */
    library,
    /** "1.30.0" */
    version: getVersion(),
    getErrorMessage: bind<(status: Pointer) => string>(2, [pointer], "const char *"),
    disableTelemetry: bind<(env: Pointer) => Pointer>(6, [pointer]),
    createSessionFromArray: bind<
      (env: Pointer, model: Uint8Array, bytes: number, options: Pointer, session: Out) => Pointer
    >(8, [pointer, pointer, "size_t", pointer, out]),
    createSessionOptions: bind<(options: Out) => Pointer>(10, [out]),
    disableMemPattern: bind<OfOptions>(17, [pointer]),
    setGraphOptimizationLevel: bind<SetInteger>(23, [pointer, "int"]),
    createTensorWithData: bind<
      (
        memory: Pointer,
        data: bigint,
        bytes: number,
        shape: BigInt64Array,
        rank: number,
        dtype: number,
        value: Out,
      ) => Pointer
    >(49, [pointer, pointer, "size_t", pointer, "size_t", "int", out]),
    createCpuMemoryInfo: bind<(allocator: number, memory: number, info: Out) => Pointer>(69, [
      "int",
      "int",
      out,
    ]),
    releaseStatus: bind<Release>(93, [pointer], "void"),
    releaseValue: bind<Release>(96, [pointer], "void"),
    releaseSessionOptions: bind<Release>(100, [pointer], "void"),
    createEnvWithGlobalThreadPools: bind<
      (severity: number, id: string, threading: Pointer, env: Out) => Pointer
    >(119, ["int", "str", pointer, out]),
    disablePerSessionThreads: bind<OfOptions>(120, [pointer]),
    createThreadingOptions: bind<(options: Out) => Pointer>(121, [out]),
    releaseThreadingOptions: bind<Release>(122, [pointer], "void"),
    runWithBinding: bind<(session: Pointer, options: Pointer, binding: Pointer) => Pointer>(133, [
      pointer,
      pointer,
      pointer,
    ]),
    createIoBinding: bind<(session: Pointer, binding: Out) => Pointer>(134, [pointer, out]),
    releaseIoBinding: bind<Release>(135, [pointer], "void"),
    bindInput: bind<BindValue>(136, [pointer, "str", pointer]),
    bindOutput: bind<BindValue>(137, [pointer, "str", pointer]),
    setGlobalIntraOpNumThreads: bind<SetInteger>(147, [pointer, "int"]),
    setGlobalInterOpNumThreads: bind<SetInteger>(148, [pointer, "int"]),
    setGlobalSpinControl: bind<SetInteger>(149, [pointer, "int"]),
  };
}

/** Passes a NULL status; turns any other into an error and frees it. @throws BifocalError "backend". */
export function check(api: OrtApi, where: string, status: Pointer): void {
  if (status === null) return;
  const message = api.getErrorMessage(status);
  api.releaseStatus(status);
  fail("backend", where, { got: message });
}

/** Calls a constructor of the C API and returns what it made. @throws BifocalError "backend". */
export function create(api: OrtApi, where: string, construct: (out: Out) => Pointer): bigint {
  const out: Out = [null];
  check(api, where, construct(out));
  if (out[0] === null) fail("backend", where, { expected: "an object", got: "NULL" });
  return out[0];
}

/**
 * The address of the first element, over an ArrayBuffer or a SharedArrayBuffer. It stays valid while the array is
 * reachable: taking it moves an array of up to 64 bytes off V8's moving heap for good.
 */
export function addressOf(array: ArrayBufferView): bigint {
  return koffi.address(array);
}
