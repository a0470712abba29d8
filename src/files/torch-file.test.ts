import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BifocalError } from "../core/index.ts";
import { openTorchFile } from "./torch-file.ts";
import { weightsOf } from "./weights-of.ts";

// Written by PyTorch: test/fixtures/torch/make.py.
const fixture = (name: string) =>
  fileURLToPath(new URL(`../../test/fixtures/torch/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "bifocal-torch-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;

/** A changed copy of a fixture. */
function changed(name: string, change: (bytes: Buffer) => Buffer): string {
  const path = join(folder, `${count++}.pt`);
  writeFileSync(path, change(readFileSync(fixture(name))));
  return path;
}

/** Every occurrence of one text replaced by another of the same length. */
function replaced(from: string, to: string): (bytes: Buffer) => Buffer {
  assert.equal(from.length, to.length);
  return (bytes) => {
    const text = bytes.toString("latin1");
    assert.ok(text.includes(from));
    return Buffer.from(text.replaceAll(from, to), "latin1");
  };
}

const ramp = (length: number, first = 0) => Array.from({ length }, (_, i) => (i + first - 3) / 4);

const stateDict: [string, string, number[], number[]][] = [
  ["words.weight", "f32", [5, 3], ramp(15)],
  ["head.weight", "f32", [5, 3], ramp(15)],
  ["turned", "f32", [3, 2], [-0.75, 0, -0.5, 0.25, -0.25, 0.5]],
  ["middle", "f32", [2, 3], [...ramp(3, 8), ...ramp(3, 14)]],
  ["spread", "f32", [3, 2], [-0.75, -0.75, -0.5, -0.5, -0.25, -0.25]],
  ["half", "f16", [7], ramp(7)],
  ["brain", "bf16", [6], ramp(6)],
  ["double", "f64", [3], ramp(3)],
  ["long", "i64", [2], [-(2 ** 31), 2 ** 31 - 1]],
  ["int", "i32", [3], [7, -8, 9]],
  ["short", "i16", [2], [-32768, 32767]],
  ["signed", "i8", [3], [-128, 127, 3]],
  ["bytes", "u8", [2], [0, 255]],
  ["mask", "bool", [3], [1, 0, 1]],
  ["scalar", "f32", [], [2.5]],
  ["empty", "f32", [0, 4], []],
  ["parameter", "f32", [2, 2], ramp(4)],
];

for (const name of ["zip.pt", "legacy.pt", "protocol4.pt"]) {
  test(`${name}: every type, tied weights and strided views`, async () => {
    const file = await openTorchFile(fixture(name));
    const found = [];
    for (const [key, { dtype, shape }] of file.tensors) {
      found.push([key, dtype, shape, [...(await file.read(key))]]);
    }
    assert.deepEqual(found, stateDict);
    assert.ok((await file.read("double")) instanceof Float64Array);
    assert.deepEqual((file.content as Record<string, unknown>)["head.weight"], { tensor: "words.weight" });
    assert.equal(weightsOf(file).prefix, "");
    await assert.rejects(file.read("none"), /expected a tensor named none, got 17 tensors/);
    await file.close();
  });
}

test("a training checkpoint gives its weights, and its settings as data", async () => {
  const file = await openTorchFile(fixture("lightning.ckpt"));
  assert.deepEqual(
    [...file.tensors.keys()],
    [
      "state_dict.module.norm.weight",
      "state_dict.module.norm.bias",
      "optimizer_states.0.state.0.exp_avg",
      "callback.best",
    ],
  );
  const content = file.content as Record<string, unknown>;
  assert.deepEqual(content.hyper_parameters, {
    config: {
      image_size: 384,
      loss_names: { itm: 1, mlm: 1 },
      data_root: { class: "pathlib.PurePosixPath", args: ["/", "data"] },
    },
    args: { class: "argparse.Namespace", args: [], state: { seed: String(2n ** 60n), names: ["a", "b"] } },
  });
  assert.deepEqual(content.callbacks, { "training.callbacks.Callback": { best_score: 0.5, monitor: null } });
  assert.deepEqual(content.chosen, ["x"]);
  const weights = weightsOf(file);
  assert.equal(weights.prefix, "state_dict.module.");
  assert.deepEqual([...weights.tensors.keys()], ["norm.weight", "norm.bias"]);
  assert.deepEqual([...(await weights.read("norm.bias"))], [-0.75, -0.5]);
  await weights.close();
});

test("a TorchScript archive gives its parameters as attributes", async () => {
  const file = await openTorchFile(fixture("script.pt"));
  assert.deepEqual(
    [...file.tensors].map(([name, { dtype, shape }]) => [name, dtype, shape]),
    [
      ["scale", "f16", []],
      ["visual.weight", "f16", [2, 3]],
      ["visual.bias", "f16", [2]],
    ],
  );
  assert.deepEqual([...(await file.read("visual.weight"))], ramp(6));
  await file.close();
});

test("files that are hostile, damaged or something else are refused", async () => {
  const cases: [string, RegExp][] = [
    [
      fixture("hostile.pt"),
      /hostile\/data.pkl: .*got a pickle that calls for posix.system, which could run code/,
    ],
    [
      changed("zip.pt", replaced("torch._utils\n_rebuild_tensor_v2", "subprocess\ngetoutput_and_others")),
      /subprocess/,
    ],
    [changed("zip.pt", replaced("little", "bigbig")), /expected little-endian data, got "bigbig"/],
    [
      changed("zip.pt", replaced("zip/data/10", "zip/data/1x")),
      /at zip\/data\/10: expected 3 bytes, got no such entry/,
    ],
    [
      changed("zip.pt", replaced("zip/data.pkl", "zip/data.pk_")),
      /an archive with one data.pkl, got 22 entries with 0/,
    ],
    [changed("zip.pt", replaced("FloatStorage", "QuartStorage")), /got torch.QuartStorage; convert/],
    [changed("zip.pt", replaced("ShortStorage", "FloatStorage")), /at zip\/data\/9: expected 8 bytes, got 4/],
    [changed("zip.pt", (bytes) => bytes.subarray(0, 4000)), /the end of a ZIP archive/],
    [changed("legacy.pt", (bytes) => bytes.subarray(0, -1)), /an end within 2492 bytes|expected 8 bytes at/],
    [
      changed("legacy.pt", (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])),
      /2493 bytes, got a file of 2494/,
    ],
    [changed("legacy.pt", (bytes) => bytes.subarray(0, 300)), /expected a pickle that ends/],
    [
      changed("legacy.pt", replaced("\xfc\x9c\x46\xf9", "\xfc\x9c\x46\xf8")),
      /a file of torch.save, got a pickle of/,
    ],
    [
      changed("legacy.pt", replaced("M\xe9\x03.", "M\xe8\x03.")),
      /expected version 1001 of the format, got 1000/,
    ],
    [
      changed("legacy.pt", replaced("little_endianq\x02\x88", "little_endianq\x02\x89")),
      /little-endian data/,
    ],
    [
      changed("zip.pt", () => Buffer.from("version https://git-lfs.github.com/spec/v1\n")),
      /a Git LFS pointer to one/,
    ],
    [changed("zip.pt", () => Buffer.from("<!doctype html>")), /got one that starts "<!doctype html>"/],
    [changed("zip.pt", () => Buffer.alloc(0)), /got an empty file/],
    [join(folder, "none.pt"), /ENOENT/],
    [folder, /not a plain file/],
  ];
  for (const [path, message] of cases) {
    await assert.rejects(openTorchFile(path), (error: unknown) => {
      assert.ok(error instanceof BifocalError, String(error));
      assert.equal(error.fields.code, "checkpoint");
      assert.ok(error.message.startsWith(path), error.message);
      assert.match(error.message, message);
      return true;
    });
  }
});

test("a few bytes cannot claim all memory by repetition", async () => {
  // spread: shape [3, 2], strides [1, 0] to shape [2^31 - 1, 1], strides [0, 1] over a storage of 3 elements.
  const huge = changed("protocol4.pt", (bytes) => {
    const tuple = Buffer.from("K\x03K\x02\x86\x94K\x01K\x00\x86", "latin1");
    const at = bytes.indexOf(tuple);
    assert.ok(at > 0);
    Buffer.from("K\xffK\xff\x86\x94K\x00K\x00\x86", "latin1").copy(bytes, at);
    return bytes;
  });
  await assert.rejects(
    openTorchFile(huge),
    /at spread: expected at most the file's 5407 bytes, got .* makes 260100/,
  );
});
