/**
 * libtorch's stable C ABI through koffi: only declarations (LibTorch Stable ABI, torch/csrc/stable/c/shim.h and
 * torch/csrc/inductor/aoti_torch/c/shim.h). Every function returns 0, or 1 and leaves its reason behind.
 */
import { join } from "node:path";
import koffi, { type KoffiFunc } from "koffi";
import { BifocalError, fail } from "../../core/errors.ts";
import { growNativeStack } from "../native-stack.ts";
import { findTorch, installTorch, libraryFile, type TorchPlace } from "./find-torch.ts";

/** The oldest release whose ABI has lists, strings and versioned calls. */
const oldest = { major: 2, minor: 10 };

/** What an element is to libtorch; i64, f64 and bf16 exist only between its own calls. */
export type TorchDtype = "f32" | "i32" | "u8" | "bool" | "i64" | "f64" | "bf16";

const dtypeNames: Readonly<Record<TorchDtype, string>> = {
  f32: "float32",
  i32: "int32",
  u8: "uint8",
  bool: "bool",
  i64: "int64",
  f64: "float64",
  bf16: "bfloat16",
};

/** The address of native memory or of an object there. */
type Address = bigint;
type Code = number;

const pointer = "void *";

/** The part of libtorch this backend calls. */
export type TorchLibrary = ReturnType<typeof loadTorch>;

/**
 * Loads the libraries of one folder and looks the functions up; CUDA's too where they are asked for.
 *
 * @throws BifocalError "backend" where they do not load or are too old.
 */
export function loadTorch(place: TorchPlace = findTorch(), cuda = false) {
  growNativeStack();
  // Threads that wait for the next op spin for a tenth of a millisecond, not for several: where other processes want
  // the cores too, a spinning thread is in the way of the very one it waits for.
  process.env.GOMP_SPINCOUNT ??= "5000";
  // Else convolutions of f32 multiply in TF32 on a GPU, of which 10 bits of the fraction are left.
  if (cuda) process.env.NVIDIA_TF32_OVERRIDE ??= "0";
  const library = open(place, "torch_cpu");
  const kernels = cuda ? open(place, "torch_cuda") : library;
  const abiVersion: () => bigint | number = library.func("aoti_torch_abi_version", "uint64_t", []);
  const build = BigInt(abiVersion());
  const [major, minor, patch] = [56n, 48n, 40n].map((shift) => Number((build >> shift) & 0xffn)) as [
    number,
    number,
    number,
  ];
  if (major < oldest.major || (major === oldest.major && minor < oldest.minor)) {
    fail("backend", `libtorch in ${place.folder}`, {
      expected: `version ${oldest.major}.${oldest.minor} or later`,
      got: `${major}.${minor}.${patch}`,
      todo: `run: ${installTorch}`,
    });
  }

  /** F is the C function's type in koffi's terms; it fails as C functions here do, with a code. */
  function bind<F extends (...args: never[]) => unknown>(
    name: string,
    parameters: readonly string[],
    result = "int32_t",
    from = library,
  ): KoffiFunc<F> {
    try {
      return from.func(name, result, [...parameters]) as KoffiFunc<F>;
    } catch (error) {
      throw new BifocalError(
        {
          code: "backend",
          where: `libtorch ${major}.${minor}.${patch} in ${place.folder}`,
          expected: `the function ${name}`,
          got: "none of that name",
          todo: `run: ${installTorch}`,
        },
        error,
      );
    }
  }
  /** The same for a function that only later releases have. */
  const bindNewer: <F extends (...args: never[]) => unknown>(
    name: string,
    parameters: readonly string[],
    result?: string,
  ) => KoffiFunc<F> | undefined = (name, parameters, result) =>
    major > 2 || minor >= 13 ? bind(name, parameters, result) : undefined;

  type Get = () => number;
  type OfHandle = (handle: Address) => Code;
  type OutOfHandle = (handle: Address, out: Address) => Code;
  type Combine = (a: Address, b: Address, alpha: number, out: Address) => Code;

  const dtypes = Object.fromEntries(
    Object.entries(dtypeNames).map(([dtype, name]) => [dtype, bind<Get>(`aoti_torch_dtype_${name}`, [])()]),
  ) as Readonly<Record<TorchDtype, number>>;

  return {
    /** koffi unmaps the code once nobody holds these. */
    libraries: [library, kernels],
    place,
    /** "2.15.0" */
    release: `${major}.${minor}.${patch}`,
    /** What calls say they were written for: the library then reads them as its own. */
    build,
    dtypes,
    deviceTypes: {
      cpu: bind<Get>("aoti_torch_device_type_cpu", [])(),
      cuda: bind<Get>("aoti_torch_device_type_cuda", [])(),
    },
    /** Reason of the last failure; older releases print it instead. */
    reason: bindNewer<() => string | null>("torch_exception_get_what_without_backtrace", [], "const char *"),
    setGradMode: bind<(enabled: boolean) => void>("aoti_torch_grad_mode_set_enabled", ["bool"], "void"),
    threads: bind<(out: Address) => Code>("torch_get_num_threads", [pointer]),
    call: bind<(op: Address, overload: Address, stack: Address, build: bigint) => Code>(
      "torch_call_dispatcher",
      [pointer, pointer, pointer, "uint64_t"],
    ),
    newHandle: bind<OutOfHandle>("aoti_torch_new_tensor_handle", [pointer, pointer]),
    deleteTensor: bind<OfHandle>("aoti_torch_delete_tensor_object", [pointer]),
    fromBlob: bind<
      (
        data: Address,
        rank: number,
        sizes: Address,
        strides: Address,
        offset: number,
        dtype: number,
        deviceType: number,
        deviceIndex: number,
        out: Address,
      ) => Code
    >("aoti_torch_create_tensor_from_blob", [
      pointer,
      "int64_t",
      pointer,
      pointer,
      "int64_t",
      "int32_t",
      "int32_t",
      "int32_t",
      pointer,
    ]),
    emptyStrided: bind<
      (
        rank: number,
        sizes: Address,
        strides: Address,
        dtype: number,
        deviceType: number,
        deviceIndex: number,
        out: Address,
      ) => Code
    >("aoti_torch_empty_strided", ["int64_t", pointer, pointer, "int32_t", "int32_t", "int32_t", pointer]),
    rank: bind<OutOfHandle>("aoti_torch_get_dim", [pointer, pointer]),
    sizes: bind<OutOfHandle>("aoti_torch_get_sizes", [pointer, pointer]),
    strides: bind<OutOfHandle>("aoti_torch_get_strides", [pointer, pointer]),
    storageOffset: bind<OutOfHandle>("aoti_torch_get_storage_offset", [pointer, pointer]),
    dataPointer: bind<OutOfHandle>("aoti_torch_get_data_ptr", [pointer, pointer]),
    /** Another tensor over the same memory. */
    reinterpret: bind<
      (handle: Address, rank: number, sizes: Address, strides: Address, offset: number, out: Address) => Code
    >("aoti_torch__reinterpret_tensor", [pointer, "int64_t", pointer, pointer, "int64_t", pointer]),
    copy: bind<(to: Address, from: Address, nonBlocking: number) => Code>("aoti_torch_copy_", [
      pointer,
      pointer,
      "int32_t",
    ]),
    newList: bind<(size: number, out: Address) => Code>("torch_new_list_reserve_size", ["size_t", pointer]),
    pushBack: bind<(list: Address, element: bigint) => Code>("torch_list_push_back", [pointer, "uint64_t"]),
    newString: bind<(text: Address, length: number, out: Address) => Code>("torch_new_string_handle", [
      pointer,
      "size_t",
      pointer,
    ]),
    newOptional: bindNewer<(out: Address) => Code>("torch_new_stable_ivalue", [pointer]),
    /** a + alpha * b. The dispatcher takes no arguments of type Scalar, of which alpha is one. */
    add: bind<Combine>(
      `aoti_torch_${cuda ? "cuda" : "cpu"}_add_Tensor`,
      [pointer, pointer, "double", pointer],
      "int32_t",
      kernels,
    ),
  };
}

function open({ folder }: TorchPlace, name: string) {
  const path = join(folder, libraryFile(name));
  try {
    return koffi.load(path);
  } catch (error) {
    throw new BifocalError(
      {
        code: "backend",
        where: path,
        expected: "a library that loads",
        got: error instanceof Error ? error.message : String(error),
        todo:
          name === "torch_cuda" ? "install a torch with CUDA, or use --device cpu" : `run: ${installTorch}`,
      },
      error,
    );
  }
}

/** `operator new`, which libtorch frees with: what makes an optional before release 2.13. */
export function operatorNew(): (bytes: number) => bigint {
  const name = process.platform === "darwin" ? "libc++.1.dylib" : "libstdc++.so.6";
  return koffi.load(name).func("_Znwm", pointer, ["size_t"]);
}

/** Writes a word into native memory. */
export function writeWord(address: bigint, word: bigint): void {
  koffi.encode(address, "uint64_t", word);
}

/** Reads words from native memory. */
export function readWords(address: bigint, count: number): BigInt64Array {
  return BigInt64Array.from(koffi.decode(address, "int64_t", count) as readonly (number | bigint)[], BigInt);
}

/** The address of memory that does not move while the array is reachable. */
export function addressOf(array: ArrayBufferView): bigint {
  return koffi.address(array);
}
