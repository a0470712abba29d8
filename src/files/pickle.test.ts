import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../core/index.ts";
import { readPickle } from "./pickle.ts";
import { pickleSource } from "./pickle-source.ts";
import type { PickleValue, TorchStorage } from "./pickle-values.ts";
import { torchHost } from "./torch-objects.ts";

/** Reads a pickle written as one character per byte. */
function load(text: string, storages = new Map<string, TorchStorage>()): PickleValue {
  const bytes = Buffer.from(text, "latin1");
  const source = pickleSource(
    {
      size: bytes.length,
      readSome: (target, start) => bytes.copy(target, 0, start, start + 7), // in small parts, as disks may
      read: () => assert.fail("pickles are read at once"),
    },
    "a.pkl",
  );
  const value = readPickle(source, torchHost("a.pkl", bytes.length, storages));
  assert.equal(source.position(), bytes.length);
  return value;
}

const le32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer).toString("latin1");
const text = (value: string) => `X${le32(value.length)}${value}`;

test("numbers, texts and containers of protocols 1 to 5", () => {
  // Python: pickle.dumps([None, True, 1, 300, 70000, -5, 2**40, 2**70, -(2**70), 0.5, "é", b"\\xff", (), (1,), {1: {2}}])
  assert.deepEqual(
    load(
      "\x80\x04\x95\x5a\0\0\0\0\0\0\0]\x94(N\x88K\x01M,\x01Jp\x11\x01\0J\xfb\xff\xff\xff\x8a\x06\0\0\0\0\0\x01" +
        "\x8a\x09\0\0\0\0\0\0\0\0\x40\x8a\x09\0\0\0\0\0\0\0\0\xc0G\x3f\xe0\0\0\0\0\0\0\x8c\x02\xc3\xa9\x94C\x01\xff\x94" +
        ")K\x01\x85\x94}\x94K\x01\x8f\x94(K\x02\x90se.",
    ),
    [
      null,
      true,
      1,
      300,
      70000,
      -5,
      2 ** 40,
      2n ** 70n,
      -(2n ** 70n),
      0.5,
      "é",
      Uint8Array.of(255),
      [],
      [1],
      new Map([[1, [2]]]),
    ],
  );
  assert.deepEqual(load("(I01\nI00\nI-7\nL123456789012345678901L\nt."), [
    true,
    false,
    -7,
    123456789012345678901n,
  ]);
  assert.deepEqual(load("\x80\x02(U\x02abT\x01\0\0\0\xfft."), ["ab", Uint8Array.of(255)]);
  assert.deepEqual(load(`(${text("k")}K\x03d.`), new Map([["k", 3]]));
  assert.deepEqual(load("\x80\x05\x96\x02\0\0\0\0\0\0\0ab."), Uint8Array.of(97, 98));
  const long = "z".repeat(70000); // longer than the window
  assert.deepEqual(load(`(${text(long)}${text("after")}l.`), [long, "after"]);
});

test("texts and numbers in letters, as protocol 0 writes them", () => {
  // Python 2: pickle.dumps(["it's", "a\\n\xc3\xa9", u"\xe9\\ \u20ac", -0.5])
  assert.deepEqual(load(`(lp0\nS"it's"\np1\naS'a\\n\\xc3\\xa9'\naV\\u00e9\\ \\u20ac\naF-0.5\na.`), [
    "it's",
    "a\n\u00e9",
    "\u00e9\\ \u20ac",
    -0.5,
  ]);
});

test("shared and circular objects stay what they are", () => {
  const circular = load("]q\0h\0a.") as PickleValue[];
  assert.equal(circular[0], circular);
  const shared = load("(]q\x05h\x05l.") as PickleValue[];
  assert.equal(shared[0], shared[1]);
});

test("objects of unknown classes become records, containers what they hold", () => {
  const record = (name: string, args: PickleValue[], state?: PickleValue) => ({
    kind: "record",
    name,
    args,
    state,
    items: [],
    entries: new Map(),
  });
  const newObject = `cmy.settings\nSettings\n)\x81}${text("a")}K\x01sb.`;
  assert.deepEqual(load(newObject), record("my.settings.Settings", [], new Map([["a", 1]])));
  assert.deepEqual(load("cmy\nCall\nK\x02\x85R."), record("my.Call", [2]));
  assert.deepEqual(load("(K\x02imy\nOld\n."), record("my.Old", [2]));
  assert.deepEqual(load("(cmy\nOld\nK\x02o."), record("my.Old", [2]));
  assert.deepEqual(load("\x80\x04\x8c\x02my\x8c\x03A.B\x93)}\x92."), record("my.A.B", [new Map()]));
  assert.deepEqual(load("ccopyreg\n__newobj__\ncmy\nNew\n\x85R."), record("my.New", []));
  assert.deepEqual(load("cmy\nDict\n)\x81K\x01K\x02s."), {
    ...record("my.Dict", []),
    entries: new Map([[1, 2]]),
  });
  assert.deepEqual(load("cmy\nList\n)\x81K\x01a."), { ...record("my.List", []), items: [1] });
  assert.deepEqual(load("cmy\nName\n."), { kind: "global", name: "my.Name" });
  assert.deepEqual(load("ccollections\nOrderedDict\n)RK\x01K\x02s}K\x03K\x04sb."), new Map([[1, 2]]));
  assert.deepEqual(load("ccollections\nOrderedDict\n](K\x01K\x02\x86e\x85R."), new Map([[1, 2]]));
  assert.deepEqual(load("ccollections\ndefaultdict\ncbuiltins\nint\n\x85RK\x01K\x02s."), new Map([[1, 2]]));
  assert.deepEqual(load("c__builtin__\nset\n](K\x01K\x02e\x85R."), [1, 2]);
  assert.deepEqual(load(`c_codecs\nencode\n${text("\xc3\xbf")}${text("latin1")}\x86R.`), Uint8Array.of(255));
});

test("a pickle that names what runs code is refused, whatever it does with it", () => {
  const calls = [
    "cposix\nsystem\nK\x01\x85R.",
    "cos\nsystem\n.",
    "]cnt\nsystem\na0N.",
    "(K\x01isubprocess\nPopen\n.",
    "(cbuiltins\neval\nK\x01o.",
    "c__builtin__\ngetattr\n)R.",
    "cbuiltins\nexec\n)\x81.",
    "\x80\x04\x8c\x09importlib\x8c\x0dimport_module\x93.",
    "\x80\x04\x8c\x05torch\x8c\x17serialization.os.system\x93.",
    "cos.path\njoin\n.",
    "cfunctools\npartial\n.",
    "coperator\nattrgetter\n.",
    "ctorch\nload\n.",
    "ctorch.hub\nload\n.",
    "ctorch.storage\n_load_from_bytes\n.",
    "ccopyreg\nadd_extension\n.",
    "crunpy\n_run_code\n.",
  ];
  for (const call of calls) {
    assert.throws(
      () => load(call),
      /expected weights and plain data, got a pickle that calls for \S+\.\S+, which could run code/,
    );
  }
});

test("damaged pickles are refused", () => {
  const cases: [string, RegExp][] = [
    ["", /expected a pickle that ends, got the end of its bytes at 0/],
    ["K\x01", /expected a pickle that ends/],
    [`X${le32(0xffffffff)}abc.`, /expected a pickle that ends, got the end of its bytes at 9/],
    [`\x8d${"\xff".repeat(8)}abc.`, /expected a pickle that ends/],
    [".", /expected one object, got 0/],
    ["NN.", /expected one object, got 2/],
    ["(N.", /expected one object/],
    ["0.", /expected an object on the stack, got none/],
    ["(0.", /expected an object on the stack, got none/],
    ["e.", /expected a mark on the stack/],
    ["Nh\x07.", /expected an object that was memoized, got number 7/],
    ["NNa.", /expected a list to append to/],
    ["NNNs.", /expected a dict to set items of/],
    ["}(Nu.", /expected pairs of key and value/],
    ["NNb.", /expected an object to give a state/],
    ["N)R.", /expected a class or function by name/],
    ["cmy\nA\nNR.", /expected a tuple of arguments for my.A/],
    ["\x80\x04NN\x93.", /expected a name/],
    ["\x8b\xff\xff\xff\x7f.", /integers of at most 1024 bytes, got 2147483647 bytes/],
    ["L12xL\n.", /expected an integer in digits, got "12x"/],
    ["X\x01\0\0\0\xff.", /expected text in UTF-8/],
    ["S'a\n.", /expected a text in quotes, got "'a"/],
    ["S'\\q'\n.", /expected a text in quotes/],
    ["V\\Uffffffff\n.", /expected a text with escapes/],
    ["Fx\n.", /expected a number, got "x"/],
    ["\x80\x06N.", /protocol 0 to 5, got protocol 6/],
    ["\x82\x01.", /expected an opcode of a pickle, got byte 0x82/],
    ["\x97.", /got byte 0x97/],
    ["NQ.", /expected a reference to a storage/],
    [`c${"m".repeat(2000)}`, /lines of at most 1024 bytes/],
    ["]".padEnd(2 ** 21 + 2, "2"), /a pickle of at most 2097152 steps/],
  ];
  for (const [bytes, message] of cases) {
    assert.throws(
      () => load(bytes),
      (error: unknown) => {
        assert.ok(error instanceof BifocalError, String(error));
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test("copying one long list again and again is counted", () => {
  const items = "N".repeat(2000);
  const copies = "h\x01h\0\x85R0".repeat(2000);
  assert.throws(() => load(`cbuiltins\nlist\nq\x01(${items}lq\0${copies}.`), /a pickle of at most/);
  const encode = "h\x01h\0h\x02\x86R0".repeat(20);
  const once = `c_codecs\nencode\nq\x01${text("latin1")}q\x02${text("y".repeat(5000))}q\0`;
  assert.throws(() => load(`${once}${encode}.`), /got one text used many times/);
});

const storage = (type: string, key: string, elements: number, view = "") =>
  `(${text("storage")}ctorch\n${type}\n${text(key)}${text("cpu")}K${String.fromCharCode(elements)}${view}tQ`;
const tensor = (from: string, offset: number, shape: number[], strides: number[]) => {
  const tuple = (values: number[]) => `(${values.map((value) => `J${le32(value)}`).join("")}t`;
  return `ctorch._utils\n_rebuild_tensor_v2\n(${from}K${String.fromCharCode(offset)}${tuple(shape)}${tuple(strides)}tR.`;
};

test("functions that make objects by functions do not recurse", () => {
  const name = "copyreg.__newobj__";
  const nested = load(`ccopyreg\n__newobj__\n(${"ccopyreg\n__newobj__\n".repeat(30000)}tR.`);
  assert.equal((nested as { name: string }).name, name);
  const rebuild = "ctorch._tensor\n_rebuild_from_type_v2\n";
  const circular = load(`${rebuild}]q\0(${rebuild}Nh\0eR.`);
  assert.equal((circular as { name: string }).name, "torch._tensor._rebuild_from_type_v2");
});

test("tensors are windows that lie within their storage", () => {
  const storages = new Map<string, TorchStorage>();
  const found = load(tensor(storage("HalfStorage", "7", 9), 1, [2, 3], [1, 3]), storages);
  const expected: TorchStorage = { kind: "storage", key: "7", dtype: "f16", elements: 9, first: 0 };
  assert.deepEqual(found, { kind: "tensor", storage: expected, offset: 1, shape: [2, 3], strides: [1, 3] });
  assert.deepEqual([...storages], [["7", expected]]);
  const view = `(${text("7_v")}K\x04K\x03t`;
  assert.deepEqual(
    (load(tensor(storage("HalfStorage", "7", 9, view), 1, [2], [1])) as { offset: number }).offset,
    5,
  );
  const cases: [string, RegExp][] = [
    [
      tensor(storage("FloatStorage", "0", 9), 4, [2, 3], [3, 1]),
      /within the 9 elements of storage 0, got \[2, 3\]/,
    ],
    [tensor(storage("FloatStorage", "0", 9), 0, [2], [0x7fffffff]), /within the 9 elements/],
    [
      tensor(storage("FloatStorage", "0", 9), 0, new Array(40).fill(2 ** 30), new Array(40).fill(0)),
      /that memory can hold/,
    ],
    [
      tensor(storage("FloatStorage", "0", 9), 0, new Array(65).fill(1), new Array(65).fill(1)),
      /at most 64 axes/,
    ],
    [tensor(storage("FloatStorage", "0", 9), 0, [-1], [1]), /expected a tensor of a storage/],
    [tensor(storage("FloatStorage", "0", 9), 0, [1], [1, 1]), /expected a tensor of a storage/],
    [tensor("N", 0, [1], [1]), /expected a tensor of a storage/],
    [tensor(storage("ComplexFloatStorage", "0", 9), 0, [1], [1]), /got torch.ComplexFloatStorage; convert/],
    [tensor(storage("toString", "0", 9), 0, [1], [1]), /got torch.toString; convert/],
    [tensor(storage("FloatStorage", "0", 9, "(NK\x08K\x02t"), 0, [1], [1]), /a view within the 9 elements/],
  ];
  for (const [bytes, message] of cases) assert.throws(() => load(bytes), message, String(message));
  const twice = `(${storage("FloatStorage", "0", 9)}${storage("HalfStorage", "0", 9)}t.`;
  assert.throws(() => load(twice), /storage 0 of one type and size, got two/);
});
