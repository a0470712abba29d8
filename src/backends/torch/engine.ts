/** libtorch on one device: tensors made, filled and freed, ops called, failures as errors. */
import type { TypedArray } from "../../core/dtype.ts";
import { BifocalError, fail } from "../../core/errors.ts";
import { type Shape, stridesOf } from "../../core/shape.ts";
import { showDevice, type TorchDevice } from "./device.ts";
import type { Argument, Layout } from "./emit.ts";
import {
  addressOf,
  loadTorch,
  operatorNew,
  readWords,
  type TorchDtype,
  type TorchLibrary,
  writeWord,
} from "./torch-library.ts";

/** An owned reference to a tensor of libtorch: whoever holds it deletes it, or hands it to a call. */
export type Handle = bigint;

/** Gives the handle of a tensor argument, which the call then owns. */
export type HandOver = (value: { readonly id: number }) => Handle;

/** Everything that needs the library; one a device and process. */
export interface TorchEngine {
  readonly library: TorchLibrary;
  readonly device: TorchDevice;
  /** Whether tensors may lie over arrays; where not, numbers are copied to the device and back. */
  readonly sharesMemory: boolean;
  /** Whether products of bf16 have instructions of their own; without, libtorch's are many times slower than those of f32. */
  readonly fastBf16: boolean;
  /** Threads of an op on the CPU: OMP_NUM_THREADS, else the cores. */
  threads(): number;
  /** Handles made and not yet deleted or handed over: a run leaves as many as it found. */
  live(): number;
  /** A tensor over the array's own memory, which must outlive it. */
  over(array: TypedArray, dtype: TorchDtype, shape: Shape): Handle;
  /** Memory of the device, not yet written. */
  empty(dtype: TorchDtype, shape: Shape): Handle;
  /** Copies numbers between tensors of one size, on any devices. */
  copy(to: Handle, from: Handle, where: string): void;
  /** One more reference to the same tensor. */
  share(handle: Handle): Handle;
  free(handle: Handle): void;
  /** Where the first element is; another's numbers may be at the same place. */
  address(handle: Handle): bigint;
  layout(handle: Handle): Layout;
  /** A tensor over the memory of another. */
  view(handle: Handle, layout: Layout): Handle;
  /** Calls an op; the handles of its results. */
  call(
    op: string,
    overload: string,
    inputs: readonly Argument[],
    results: number,
    handOver: HandOver,
    path: string,
  ): readonly Handle[];
  add(a: Handle, b: Handle, alpha: number, where: string): Handle;
}

const largestCall = 32;
const largestRank = 64;

/** Loads libtorch and makes sure that the device answers. @throws BifocalError "backend" where one of them does not. */
export function startTorch(device: TorchDevice, sharesMemory = device.type === "cpu"): TorchEngine {
  const library = loadTorch(undefined, device.type === "cuda");
  library.setGradMode(false);

  // Memory the library reads and writes; kept, so that its address holds.
  const stack = new BigUint64Array(new ArrayBuffer(8 * largestCall));
  const out = new BigUint64Array(new ArrayBuffer(128), 0, 1);
  const sizes = new BigInt64Array(new ArrayBuffer(8 * largestRank));
  const strides = new BigInt64Array(new ArrayBuffer(8 * largestRank));
  const [stackAt, outAt, sizesAt, stridesAt] = [stack, out, sizes, strides].map(addressOf) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const texts = new Map<
    string,
    { readonly bytes: Uint8Array; readonly at: bigint; readonly length: number }
  >();
  const nativeText = (text: string) => {
    let found = texts.get(text);
    if (found === undefined) {
      const encoded = new TextEncoder().encode(text);
      const bytes = new Uint8Array(new ArrayBuffer(encoded.length + 128));
      bytes.set(encoded);
      found = { bytes, at: addressOf(bytes), length: encoded.length };
      texts.set(text, found);
    }
    return found;
  };
  let live = 0;

  const check = (code: number, where: string) => {
    if (code === 0) return;
    const reason = library.reason?.()?.split("\n")[0];
    fail("backend", where, { got: reason ?? "a failure; its reason stands above, on standard error" });
  };
  const made = (code: number, where: string): Handle => {
    check(code, where);
    live++;
    return out[0]!;
  };
  const layOut = (shape: Shape) => {
    sizes.set(shape.map(BigInt));
    strides.set(stridesOf(shape).map(BigInt));
  };
  const share = (handle: Handle) => made(library.newHandle(handle, outAt), "torch");

  const newOptional =
    library.newOptional ??
    (() => {
      const allocate = operatorNew();
      return (_: bigint) => {
        out[0] = allocate(8);
        return 0;
      };
    })();
  const listOf = (elements: readonly bigint[]) => {
    check(library.newList(elements.length, outAt), "torch");
    const list = out[0]!;
    for (const element of elements) check(library.pushBack(list, element), "torch");
    return list;
  };
  const given = (value: { readonly id: number }, handOver: HandOver) => {
    const handle = handOver(value);
    live--;
    return handle;
  };
  /** An argument as the ABI has it: lists, strings and optionals are objects that the call frees. */
  const wordOf = (argument: Argument, handOver: HandOver): bigint => {
    if ("word" in argument) return argument.word;
    if ("id" in argument) return given(argument, handOver);
    if ("words" in argument) return listOf(argument.words);
    if ("tensors" in argument) return listOf(argument.tensors.map((value) => given(value, handOver)));
    if ("text" in argument) {
      const { at, length } = nativeText(argument.text);
      check(library.newString(at, length, outAt), "torch");
      return out[0]!;
    }
    const word = wordOf(argument.some, handOver);
    check(newOptional(outAt), "torch");
    const optional = out[0]!;
    writeWord(optional, word);
    return optional;
  };

  const engine: TorchEngine = {
    library,
    device,
    sharesMemory,
    fastBf16: false,
    threads: () => {
      check(library.threads(outAt), "torch");
      return Number(out[0]! & 0xffffffffn);
    },
    live: () => live,
    over: (array, dtype, shape) => {
      layOut(shape);
      const { fromBlob, dtypes, deviceTypes } = library;
      const at = addressOf(array);
      const code = fromBlob(
        at,
        shape.length,
        sizesAt,
        stridesAt,
        0,
        dtypes[dtype],
        deviceTypes.cpu,
        -1,
        outAt,
      );
      return made(code, "torch");
    },
    empty: (dtype, shape) => {
      layOut(shape);
      const { emptyStrided, dtypes, deviceTypes } = library;
      const type = deviceTypes[device.type];
      const code = emptyStrided(
        shape.length,
        sizesAt,
        stridesAt,
        dtypes[dtype],
        type,
        Math.max(device.index, 0),
        outAt,
      );
      return made(code, `torch on ${showDevice(device)}`);
    },
    copy: (to, from, where) => check(library.copy(to, from, 0), where),
    share,
    free: (handle) => {
      live--;
      check(library.deleteTensor(handle), "torch");
    },
    address: (handle) => {
      check(library.dataPointer(handle, outAt), "torch");
      return out[0]!;
    },
    layout: (handle) => {
      const word = (get: (handle: bigint, out: bigint) => number) => {
        check(get(handle, outAt), "torch");
        return out[0]!;
      };
      const rank = Number(word(library.rank));
      const words = new BigInt64Array(new ArrayBuffer(Math.max(16 * rank, 128)), 0, 2 * rank);
      words.set(readWords(word(library.sizes), rank));
      words.set(readWords(word(library.strides), rank), rank);
      return { words, offset: Number(word(library.storageOffset)) };
    },
    view: (handle, { words, offset }) => {
      const [rank, at] = [words.length / 2, addressOf(words)];
      const code = library.reinterpret(handle, rank, at, at + BigInt(8 * rank), offset, outAt);
      return made(code, "torch");
    },
    call: (op, overload, inputs, results, handOver, path) => {
      const words = inputs.map((argument) => wordOf(argument, handOver));
      stack.set(words);
      const code = library.call(nativeText(op).at, nativeText(overload).at, stackAt, library.build);
      check(code, path === "" ? `torch, ${op}` : `torch, ${op} at ${path}`);
      live += results;
      return Array.from({ length: results }, (_, i) => stack[i]!);
    },
    add: (a, b, alpha, where) => made(library.add(a, b, alpha, outAt), where),
  };
  probe(engine);
  return { ...engine, fastBf16: device.type === "cuda" || multipliesBf16(engine) };
}

/** Makes a tensor on the device. @throws BifocalError "backend" where that fails. */
function probe(engine: Omit<TorchEngine, "fastBf16">): void {
  try {
    engine.free(engine.empty("f32", [1]));
  } catch (error) {
    const got = error instanceof BifocalError ? error.fields.got : undefined;
    fail("backend", `torch on ${showDevice(engine.device)}`, {
      expected: "a device that answers",
      ...(got !== undefined && { got }),
      todo: "see what nvidia-smi says and that PyTorch is built for CUDA, or choose --device cpu",
    });
  }
}

/** oneDNN's word on this processor. */
function multipliesBf16(engine: TorchEngine): boolean {
  try {
    return engine.call("mkldnn::_is_mkldnn_bf16_supported", "", [], 1, () => 0n, "")[0] !== 0n;
  } catch {
    return false; // a build without oneDNN
  }
}
