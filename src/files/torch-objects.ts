import { fail, type Shape, showShape, sizeOf } from "../core/index.ts";
import type { ByteSource } from "./byte-source.ts";
import type { PickleHost } from "./pickle.ts";
import {
  isKind,
  type PickleGlobal,
  type PickleValue,
  record,
  type TorchStorage,
  type TorchTensor,
} from "./pickle-values.ts";
import type { StoredDtype } from "./tensor-file.ts";

/**
 * The objects of PyTorch in a pickle. The functions it names for rebuilding tensors and plain containers are answered
 * here with data; every other class or function becomes a record of its name and arguments.
 */

/** What the two formats have in common once their pickle is read. */
export interface TorchParts {
  readonly root: PickleValue;
  /** The bytes of a storage that a tensor of `root` has. */
  open(storage: TorchStorage): Promise<ByteSource>;
}

const storageDtypes: Readonly<Record<string, StoredDtype>> = {
  DoubleStorage: "f64",
  FloatStorage: "f32",
  HalfStorage: "f16",
  BFloat16Storage: "bf16",
  LongStorage: "i64",
  IntStorage: "i32",
  ShortStorage: "i16",
  CharStorage: "i8",
  ByteStorage: "u8",
  BoolStorage: "bool",
};

/** As in PyTorch. */
const maxRank = 64;

/** Objects of the pickle at `where`, `bytes` long; storages that it names are entered in `storages` by their keys. */
export function torchHost(where: string, bytes: number, storages: Map<string, TorchStorage>): PickleHost {
  let encoded = 0;
  const spendBytes = (count: number) => {
    encoded += count;
    // Every byte lies in the pickle once; more only comes of one text that is encoded again and again.
    if (encoded > 2 * bytes) defect(where, "byte strings that lie in the pickle", "one text used many times");
  };
  return {
    persistent: (id) => storageOf(id, storages, where),
    construct: (global, args, spend) => construct(global, args, { where, spend, spendBytes }),
  };
}

interface Call {
  readonly where: string;
  readonly spend: (steps: number) => void;
  readonly spendBytes: (bytes: number) => void;
}

function defect(where: string, expected: string, got: string): never {
  fail("checkpoint", where, {
    expected,
    got,
    todo: "the file is damaged or of a kind that is not known; save it again as safetensors",
  });
}

function isCount(value: PickleValue | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function dtypeOf(type: string): StoredDtype | undefined {
  const name = /^torch(?:\.cuda)?\.(\w+)$/.exec(type)?.[1] ?? "";
  return Object.hasOwn(storageDtypes, name) ? storageDtypes[name] : undefined;
}

/** ("storage", class, key, device, elements) and, in files before 1.6, (key, first, elements) of a view or None. */
function storageOf(id: PickleValue, storages: Map<string, TorchStorage>, where: string): TorchStorage {
  const [tag, type, key, , elements, view] = Array.isArray(id) ? id : [];
  if (tag !== "storage" || !isKind(type, "global") || typeof key !== "string" || !isCount(elements)) {
    defect(where, "a reference to a storage", "another one");
  }
  const dtype = dtypeOf(type.name);
  if (dtype === undefined) {
    fail("checkpoint", where, {
      expected: `storages of ${Object.values(storageDtypes).join(", ")}`,
      got: type.name,
      todo: "convert the tensors to one of these and save them again",
    });
  }
  const known = storages.get(key);
  if (known !== undefined && (known.dtype !== dtype || known.elements !== elements)) {
    defect(where, `storage ${key} of one type and size`, "two");
  }
  const storage: TorchStorage = known ?? { kind: "storage", key, dtype, elements, first: 0 };
  storages.set(key, storage);
  if (!Array.isArray(view)) return storage;
  const [, first, length] = view;
  if (!isCount(first) || !isCount(length) || first + length > elements) {
    defect(where, `a view within the ${elements} elements of storage ${key}`, "one beyond");
  }
  return { ...storage, first };
}

type Maker = (args: readonly PickleValue[], call: Call) => PickleValue | undefined;

const list: Maker = ([items = []], { spend }) => {
  if (!Array.isArray(items)) return undefined;
  spend(items.length);
  return [...items];
};

const dict: Maker = ([members = []], { spend }) => {
  if (members instanceof Map) {
    spend(members.size);
    return new Map(members);
  }
  if (!Array.isArray(members)) return undefined;
  spend(members.length);
  if (!members.every((pair) => Array.isArray(pair) && pair.length === 2)) return undefined;
  return new Map(members as [PickleValue, PickleValue][]);
};

const bytes: Maker = ([source, encoding], { spendBytes }) => {
  if (source === undefined) return new Uint8Array();
  if (source instanceof Uint8Array) return source;
  if (typeof source !== "string" || (encoding !== "latin1" && encoding !== "latin-1")) return undefined;
  spendBytes(source.length);
  return Uint8Array.from(Buffer.from(source, "latin1"));
};

const first: Maker = ([value]) => value;

/** What is made of arguments, by name; undefined where they are not what the function takes. */
const makers: Readonly<Record<string, Maker>> = {
  "torch._utils._rebuild_tensor": rebuildTensor,
  "torch._utils._rebuild_tensor_v2": rebuildTensor,
  "torch._utils._rebuild_parameter": tensorAlone,
  "torch._utils._rebuild_parameter_with_state": tensorAlone,
  "torch.nn.parameter.Parameter": tensorAlone,
  // (function, class, arguments, attributes): a tensor's subclass and attributes are no weights
  "torch._tensor._rebuild_from_type_v2": ([global, , args], call) =>
    isKind(global, "global") && global.name === "torch._utils._rebuild_tensor_v2" && Array.isArray(args)
      ? rebuildTensor(args, call)
      : undefined,
  "torch.Size": list,
  "torch.jit._pickle.build_intlist": list,
  "torch.jit._pickle.build_doublelist": list,
  "torch.jit._pickle.build_boollist": list,
  "torch.jit._pickle.build_tensorlist": list,
  "torch.jit._pickle.restore_type_tag": first,
  "collections.OrderedDict": dict,
  "collections.Counter": dict,
  "collections.defaultdict": (args, call) => dict(args.slice(1), call), // first what makes a missing member
  "collections.deque": list,
  ...Object.fromEntries(
    ["builtins", "__builtin__"].flatMap((module) => [
      ...["set", "frozenset", "list", "tuple"].map((name) => [`${module}.${name}`, list]),
      [`${module}.dict`, dict],
      [`${module}.bytes`, bytes],
      [`${module}.bytearray`, bytes],
    ]),
  ),
  "_codecs.encode": bytes,
  "numpy.core.multiarray.scalar": numpyScalar,
  "numpy._core.multiarray.scalar": numpyScalar,
};

function construct(global: PickleGlobal, args: readonly PickleValue[], call: Call): PickleValue {
  // How Python writes "a new object of this class" where it has no opcode for it.
  if (/^copy_?reg\./.test(global.name)) {
    const [type, ...rest] = args;
    if (!isKind(type, "global")) defect(call.where, "a class to make an object of", "another object");
    call.spend(rest.length);
    return make(type.name, rest, call);
  }
  return make(global.name, args, call);
}

function make(name: string, args: readonly PickleValue[], call: Call): PickleValue {
  const made = Object.hasOwn(makers, name) ? makers[name]!(args, call) : undefined;
  return made ?? record(name, args);
}

function tensorAlone([tensor]: readonly PickleValue[]): TorchTensor | undefined {
  return isKind(tensor, "tensor") ? tensor : undefined;
}

/** (storage, offset, shape, strides, ...): what follows concerns gradients. @throws BifocalError beyond the storage. */
function rebuildTensor(args: readonly PickleValue[], { where }: Call): TorchTensor {
  const [storage, offset, shape, strides] = args;
  if (
    !isKind(storage, "storage") ||
    !isCount(offset) ||
    !Array.isArray(shape) ||
    !shape.every(isCount) ||
    !Array.isArray(strides) ||
    !strides.every(isCount) ||
    strides.length !== shape.length
  ) {
    defect(where, "a tensor of a storage, an offset, a shape and strides", "other arguments");
  }
  if (shape.length > maxRank || !Number.isSafeInteger(sizeOf(shape))) {
    defect(
      where,
      `a tensor of at most ${maxRank} axes that memory can hold`,
      showShape(shape.slice(0, maxRank)),
    );
  }
  const start = storage.first + offset;
  const end = start + extentOf(shape, strides);
  if (!(end <= storage.elements)) {
    const got = `${showShape(shape)} with strides ${showShape(strides)} from ${start}`;
    defect(where, `a tensor within the ${storage.elements} elements of storage ${storage.key}`, got);
  }
  return { kind: "tensor", storage, offset: start, shape: [...shape], strides: [...strides] };
}

/** Elements from the first to behind the last of a window on a storage. */
export function extentOf(shape: Shape, strides: readonly number[]): number {
  if (shape.includes(0)) return 0;
  return shape.reduce((last, n, axis) => last + (n - 1) * strides[axis]!, 1);
}

/** Whether the elements lie one after the other, so that the window can be read as it stands. */
export function isContiguous({ shape, strides }: TorchTensor): boolean {
  if (sizeOf(shape) <= 1) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

const scalars: Readonly<Record<string, (bytes: Buffer) => number | bigint | boolean>> = {
  f8: (bytes) => bytes.readDoubleLE(),
  f4: (bytes) => bytes.readFloatLE(),
  i8: (bytes) =>
    Number.isSafeInteger(Number(bytes.readBigInt64LE()))
      ? Number(bytes.readBigInt64LE())
      : bytes.readBigInt64LE(),
  i4: (bytes) => bytes.readInt32LE(),
  b1: (bytes) => bytes[0] === 1,
};

/** A NumPy number: (dtype, bytes), as checkpoints keep their best score. Other types than these stay records. */
function numpyScalar([dtype, value]: readonly PickleValue[]): PickleValue | undefined {
  if (!isKind(dtype, "record") || !(value instanceof Uint8Array)) return undefined;
  const [code] = dtype.args;
  const read = typeof code === "string" && Object.hasOwn(scalars, code) ? scalars[code]! : undefined;
  const order = Array.isArray(dtype.state) ? dtype.state[1] : undefined;
  if (read === undefined || order === ">" || value.length !== Number(String(code).slice(1))) return undefined;
  return read(Buffer.from(value));
}
