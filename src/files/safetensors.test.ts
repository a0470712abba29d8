import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { BifocalError } from "../core/index.ts";
import { type NamedTensor, openSafetensors, writeSafetensors } from "./safetensors.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-safetensors-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;
const fresh = () => join(folder, `${count++}.safetensors`);

/** A file from a header (text, or an object to be written as JSON) and data. */
function fileOf(header: object | string, data: Uint8Array = new Uint8Array(), length?: bigint): string {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(length ?? BigInt(json.length));
  const path = fresh();
  writeFileSync(path, Buffer.concat([prefix, json, data]));
  return path;
}

const tensors: NamedTensor[] = [
  { name: "w", dtype: "f64", shape: [2], data: Float64Array.of(1.5, -2.25) },
  { name: "a", dtype: "f32", shape: [2, 3], data: Float32Array.of(-1.5, -0.5, 0.5, 1.5, 2.5, 3.5) },
  { name: "d", dtype: "i32", shape: [2], data: Int32Array.of(7, -8) },
  { name: "m", dtype: "bool", shape: [3], data: Uint8Array.of(1, 0, 1) },
];

// Written by the Python package safetensors 0.8.0: numpy.save of the same tensors with metadata {"format": "bifocal"}.
const golden = Buffer.concat([
  Buffer.from([0x08, 0x01, 0, 0, 0, 0, 0, 0]),
  Buffer.from(
    '{"__metadata__":{"format":"bifocal"},"w":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},' +
      '"a":{"dtype":"F32","shape":[2,3],"data_offsets":[16,40]},"d":{"dtype":"I32","shape":[2],' +
      '"data_offsets":[40,48]},"m":{"dtype":"BOOL","shape":[3],"data_offsets":[48,51]}}     ',
  ),
  Buffer.from(
    "000000000000f83f00000000000002c00000c0bf000000bf0000003f0000c03f0000204000006040" +
      "07000000f8ffffff010001",
    "hex",
  ),
]);

test("the bytes are those of the published implementation", async () => {
  const path = fresh();
  await writeSafetensors(path, tensors, { format: "bifocal" });
  assert.deepEqual(readFileSync(path), golden);
});

test("what was written is read back, in the order given", async () => {
  const path = fresh();
  const given: NamedTensor[] = [
    ...tensors.toReversed(),
    { name: "7", dtype: "u8", shape: [5], data: Uint8Array.of(0, 1, 2, 254, 255) },
    { name: "empty", dtype: "f32", shape: [3, 0, 2], data: new Float32Array() },
    { name: 'scalar.é"', dtype: "f32", shape: [], data: Float32Array.of(Number.NaN) },
  ];
  await writeSafetensors(path, given);
  const file = await openSafetensors(path);
  assert.deepEqual(
    JSON.parse(readFileSync(path).toString("utf8", 8, 8 + readFileSync(path).readUInt32LE()))["7"]
      .data_offsets,
    [55, 60],
  );
  assert.deepEqual(new Set(file.tensors.keys()), new Set(given.map(({ name }) => name)));
  assert.deepEqual(file.metadata, {});
  for (const { name, shape, dtype, data } of given) {
    assert.deepEqual(file.tensors.get(name)?.shape, shape);
    assert.equal(file.tensors.get(name)?.dtype, dtype);
    assert.deepEqual(
      new Uint8Array((await file.read(name)).slice().buffer),
      new Uint8Array(data.slice().buffer),
    );
  }
  await file.close();
});

test("memory shared between threads is read into and written from in place", async () => {
  const path = fresh();
  const data = new Float32Array(new SharedArrayBuffer(32), 8, 5);
  data.set([5, 4, 3, 2, 1]);
  await writeSafetensors(path, [{ name: "x", dtype: "f32", shape: [5], data }]);
  data.fill(0);
  const file = await openSafetensors(path);
  await file.readInto("x", data);
  await file.close();
  assert.deepEqual([...data], [5, 4, 3, 2, 1]);
});

test("16-bit floats widen exactly, 64-bit integers narrow or refuse", async () => {
  // float16 bit patterns: 0, 1, -2, 65504, the smallest subnormal, +-infinity, 0.1, NaN, largest subnormal
  const half = Uint16Array.of(0x0000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0xfc00, 0x2e66, 0x7e00, 0x03ff);
  const brain = Uint16Array.of(0x3f80, 0xc049, 0x7f80);
  const long = BigInt64Array.of(2147483647n, -2147483648n);
  const tooLong = BigInt64Array.of(0n, 2147483648n);
  const path = fileOf(
    {
      half: { dtype: "F16", shape: [10], data_offsets: [0, 20] },
      brain: { dtype: "BF16", shape: [3], data_offsets: [20, 26] },
      long: { dtype: "I64", shape: [2, 1], data_offsets: [26, 42] },
      tooLong: { dtype: "I64", shape: [2], data_offsets: [42, 58] },
      bool: { dtype: "BOOL", shape: [2], data_offsets: [58, 60] },
    },
    Buffer.concat([
      ...[half, brain, long, tooLong].map((array) => Buffer.from(array.buffer)),
      Buffer.from([1, 2]),
    ]),
  );
  const file = await openSafetensors(path);
  const infinity = Number.POSITIVE_INFINITY;
  assert.deepEqual(
    await file.read("half"),
    Float32Array.of(
      0,
      1,
      -2,
      65504,
      2 ** -24,
      infinity,
      -infinity,
      0.0999755859375,
      Number.NaN,
      1023 * 2 ** -24,
    ),
  );
  assert.deepEqual(await file.read("brain"), Float32Array.of(1, -3.140625, infinity));
  assert.deepEqual(await file.read("long"), Int32Array.of(2147483647, -2147483648));
  await assert.rejects(file.read("tooLong"), /tooLong: expected integers within 32 bits, got 2147483648/);
  await assert.rejects(file.read("bool"), /bool: expected booleans stored as 0 or 1, got 2/);
  await assert.rejects(file.read("other"), /expected a tensor named other/);
  await assert.rejects(file.readInto("brain", new Float32Array(4)), /bug in bifocal/);
  await file.close();
});

test("long tensors are converted in parts", async () => {
  const words = new Uint16Array(2 ** 20 + 3).map((_, i) => (i % 1000) + 0x3f80);
  const path = fileOf(
    { x: { dtype: "BF16", shape: [words.length], data_offsets: [0, words.byteLength] } },
    new Uint8Array(words.buffer),
  );
  const file = await openSafetensors(path);
  const read = await file.read("x");
  await file.close();
  const bits = new Uint32Array(read.buffer, read.byteOffset, read.length);
  assert.ok(bits.every((word, i) => word === words[i]! << 16));
});

test("damaged and foreign files are refused by name and defect", async () => {
  const f32 = (shape: unknown, offsets: unknown) => ({ dtype: "F32", shape, data_offsets: offsets });
  const four = new Uint8Array(4);
  const tiny = fresh();
  writeFileSync(tiny, "PK");
  const cases: [string, RegExp][] = [
    [tiny, /expected at least 8 bytes, got a file of 2 bytes/],
    [join(folder, "missing"), /ENOENT/],
    [folder, /not a plain file|EISDIR/],
    [fileOf("{}", four, 2n ** 63n), /header length 9223372036854775808/],
    [fileOf("{}", four, 7n), /expected a header of at most 6 bytes, got header length 7/],
    [fileOf("{x}"), /expected a header that is a JSON object, got "{x}"/],
    [fileOf("[]"), /expected a header that is a JSON object/],
    [
      fileOf({ a: f32([1], [0, 4]), b: f32([1], [4, 8]) }, four),
      /expected 26|a file of \d+; the file is truncated/,
    ],
    [fileOf({ a: f32([1], [0, 4]) }, new Uint8Array(5)), /expected \d+ bytes, got a file of/],
    [fileOf({ a: f32([2], [0, 4]) }, four), /at a: expected 8 bytes for f32 \[2\], got offsets spanning 4/],
    [fileOf({ a: f32([2 ** 52, 2 ** 52], [0, 4]) }, four), /at a: expected \S+ bytes for f32/],
    [fileOf({ a: f32([-1], [0, 4]) }, four), /at a: expected a shape of whole numbers/],
    [fileOf({ a: f32([1], [4, 0]) }, four), /at a: expected data_offsets/],
    [fileOf({ a: f32([1], [0, 4, 4]) }, four), /at a: expected data_offsets/],
    [fileOf({ a: f32([1], [0, 4]), b: f32([1], [2, 6]) }, new Uint8Array(6)), /at b: .*overlap/],
    [fileOf({ a: f32([1], [4, 8]) }, new Uint8Array(8)), /at a: .*a hole before/],
    [fileOf({ a: { ...f32([1], [0, 4]), dtype: "F8_E4M3" } }, four), /at a: expected dtype F64.*got F8_E4M3/],
    [fileOf({ a: { ...f32([1], [0, 4]), dtype: "toString" } }, four), /at a: expected dtype/],
    [fileOf({ a: 3 }, four), /at a: expected an object with dtype/],
    [fileOf({ __metadata__: { n: 3 } }), /__metadata__: expected a string for n/],
    [
      fileOf(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        four,
      ),
      /expected each name once, got a twice/,
    ],
  ];
  for (const [path, message] of cases) {
    await assert.rejects(openSafetensors(path), (error: unknown) => {
      assert.ok(error instanceof BifocalError, String(error));
      assert.equal(error.fields.code, "checkpoint");
      assert.ok(error.message.startsWith(path), error.message);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("every truncation of a file is noticed", async () => {
  const path = fresh();
  for (let length = 0; length < golden.length; length++) {
    writeFileSync(path, golden.subarray(0, length));
    await assert.rejects(openSafetensors(path), { name: "BifocalError" });
  }
});

test("a file cut after it was opened is noticed", async () => {
  const path = fresh();
  writeFileSync(path, golden);
  const file = await openSafetensors(path);
  writeFileSync(path, golden.subarray(0, golden.length - 1));
  await assert.rejects(file.read("m"), /expected 3 bytes at 320, got 2; the file was cut/);
  await file.close();
});

test("f32 is stored as f16 and bf16, i32 as i64; short integers are read as i32", async () => {
  const path = fresh();
  const data = Float32Array.of(1, -0.1, 2 ** -24);
  await writeSafetensors(path, [
    { name: "half", dtype: "f16", shape: [3], data },
    { name: "long", dtype: "i64", shape: [2], data: Int32Array.of(-1, 2147483647) },
    { name: "brain", dtype: "bf16", shape: [3, 1], data },
  ]);
  const file = await openSafetensors(path);
  assert.deepEqual(
    [...file.tensors.values()].map(({ dtype, shape }) => [dtype, shape]),
    [
      ["f16", [3]],
      ["i64", [2]],
      ["bf16", [3, 1]],
    ],
  );
  assert.deepEqual(await file.read("half"), Float32Array.of(1, -0.0999755859375, 2 ** -24));
  assert.deepEqual(await file.read("long"), Int32Array.of(-1, 2147483647));
  assert.deepEqual(await file.read("brain"), Float32Array.of(1, -0.10009765625, 2 ** -24));
  await file.close();
  const short = await openSafetensors(
    fileOf(
      {
        short: { dtype: "I16", shape: [2], data_offsets: [0, 4] },
        signed: { dtype: "I8", shape: [3], data_offsets: [4, 7] },
      },
      Uint8Array.of(0, 128, 255, 127, 128, 127, 255),
    ),
  );
  assert.deepEqual(await short.read("short"), Int32Array.of(-32768, 32767));
  assert.deepEqual(await short.read("signed"), Int32Array.of(-128, 127, -1));
  await short.close();
});

test("a finite number is not stored as infinity", async () => {
  const path = fresh();
  const big = (dtype: "f16" | "bf16", value: number): NamedTensor[] => [
    { name: "x", dtype, shape: [2], data: Float32Array.of(Number.NEGATIVE_INFINITY, value) },
  ];
  await writeSafetensors(path, big("bf16", 65520));
  const kept = readFileSync(path);
  await assert.rejects(
    writeSafetensors(path, big("f16", -65520)),
    /at x: expected numbers within the range of f16, got -65520; store it in a wider type/,
  );
  await assert.rejects(writeSafetensors(path, big("bf16", 3.4e38)), /range of bf16, got 3.39/);
  assert.deepEqual(readFileSync(path), kept);
});

test("data that do not fit their description are our bug", async () => {
  const data = new Float32Array(3);
  const path = fresh();
  await assert.rejects(
    writeSafetensors(path, [{ name: "x", dtype: "f32", shape: [4], data }]),
    /bug in bifocal/,
  );
  await assert.rejects(
    writeSafetensors(path, [{ name: "x", dtype: "i32", shape: [3], data }]),
    /bug in bifocal/,
  );
  const twice: NamedTensor = { name: "x", dtype: "f32", shape: [3], data };
  await assert.rejects(writeSafetensors(path, [twice, twice]), /bug in bifocal: x .* is taken/);
});
