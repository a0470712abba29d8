/**
 * Checkpoints in their authors' own layouts through `forward` and `import`: detected, read and run without a word of
 * ours, and written as folders that give the same numbers. The goldens are those of make_original_*.py.
 */
import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { defaultBackend } from "#src/backends/default.ts";
import { importModel } from "#src/checkpoints/import-model.ts";
import { openPublished } from "#src/checkpoints/open-published.ts";
import { forwardPublished } from "#src/eval/forward-published.ts";
import { type NamedTensor, openSafetensors, writeSafetensors } from "#src/files/safetensors.ts";

const goldens = join("test", "parity", "original");
const tolerance = 1e-4;

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifocal-originals-"));
  process.env.HF_HUB_CACHE = join(folder, "hub");
});
after(() => rm(folder, { recursive: true }));

/** Ours by the original's names. */
const outputNames: Readonly<Record<string, string>> = {
  text_features: "text_feats",
  image_features: "image_feats",
  pooler_output: "cls_feats",
  "second.text_features": "second.text_feats",
  "second.image_features": "second.image_feats",
  "second.pooler_output": "second.cls_feats",
};

/** A golden's file, and how its inputs and outputs are called. */
interface Case {
  readonly name: string;
  readonly file: string;
  readonly part?: string;
  readonly pair?: boolean;
  /** Ours by those of this golden, where they are others than `outputNames`. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** Outputs that the golden lacks. */
  readonly untold?: readonly string[];
  readonly type: string;
}

const vlmoOutputs = {
  text_features: "infer.text_feats",
  image_features: "infer.image_feats",
  pooler_output: "infer.cls_feats",
  text_embeds: "infer_text.cls_feats",
  image_embeds: "infer_image.cls_feats",
  joint_text_embeds: "infer_text.cls_vlffn_feats",
  joint_image_embeds: "infer_image.cls_vlffn_feats",
};

const cases: readonly Case[] = [
  {
    name: "meter-roberta",
    file: "model.ckpt",
    type: "meter-original",
    outputs: { rank_output: "rank_scores" },
  },
  { name: "meter-bert", file: "model.ckpt", pair: true, type: "meter-original" },
  { name: "meter-swin-roberta", file: "model.ckpt", type: "meter-original" },
  {
    name: "bridgetower-roberta",
    file: "model.ckpt",
    type: "bridgetower-original",
    outputs: { text_embeds: "itc_text", image_embeds: "itc_image" },
  },
  { name: "bridgetower-bert", file: "model.ckpt", pair: true, type: "bridgetower-original" },
  {
    name: "vilt",
    file: "model.ckpt",
    pair: true,
    type: "vilt-original",
    outputs: { rank_output: "rank" },
    untold: ["mpp_logits", "second.text_features", "second.image_features", "second.pooler_output"],
  },
  // Larger than its checkpoint's: pictures of that size have patches removed in the golden.
  { name: "vlc", file: "model.ckpt", part: "larger-", type: "vlc-original" },
  { name: "vlmo-relative", file: "model.pt", type: "vlmo-original", outputs: vlmoOutputs },
  {
    name: "vlmo-absolute",
    file: "model.pt",
    pair: true,
    type: "vlmo-original",
    outputs: vlmoOutputs,
    untold: ["second.text_features", "second.image_features"],
  },
];

for (const golden of cases) {
  void test(`${golden.name}: forward and import`, async () => {
    const model = await checkpointOf(golden);
    assert.equal((await openPublished(model)).config.model_type, golden.type);
    const inputs = join(folder, `${golden.name}-inputs.safetensors`);
    await writeSafetensors(inputs, await inputsOf(golden));
    const found = await forward(model, inputs);
    await compare(golden, found);

    const out = join(folder, `${golden.name}-imported`);
    const imported = await importModel(model, out, "f32");
    assert.deepEqual(imported.files.slice(0, 2), ["config.json", "model.safetensors"]);
    const { model_type } = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
    assert.equal(model_type, golden.type);
    assert.match(imported.lacksTokenizer!, /is not in the hub's cache|names no tokenizer/);
    assert.deepEqual(await forward(out, inputs), found);
  });
}

/** The golden's file; that whose tensors do not show the heads, in a folder with config.json. */
async function checkpointOf({ name, file, type }: Case): Promise<string> {
  const path = join(goldens, name, file);
  if (name !== "vlmo-absolute") return path;
  const made = join(folder, name);
  await mkdir(made);
  await copyFile(path, join(made, file));
  const config = { model_type: type, hyper_parameters: { config: { num_heads: 5 } } };
  await writeFile(join(made, "config.json"), JSON.stringify(config));
  return made;
}

async function read(path: string): Promise<Record<string, NamedTensor>> {
  const file = await openSafetensors(path);
  try {
    const tensors: Record<string, NamedTensor> = {};
    for (const [name, { shape, dtype }] of file.tensors) {
      const numbers = Array.from(await file.read(name), Number);
      tensors[name] =
        dtype === "f32"
          ? { name, dtype: "f32", shape, data: Float32Array.from(numbers) }
          : { name, dtype: "i32", shape, data: Int32Array.from(numbers) };
    }
    return tensors;
  } finally {
    await file.close();
  }
}

/** By the names that forward takes; where the golden shows one picture twice, or two, as pairs. */
async function inputsOf({ name, part = "", pair = false }: Case): Promise<NamedTensor[]> {
  const given = await read(join(goldens, name, `${part}inputs.safetensors`));
  const pixels = given.pixels ?? given.image!;
  const mask = given.imageKeep;
  return [
    { ...(given.text_ids ?? given.ids!), name: "input_ids" },
    { ...(given.text_masks ?? given.keep!), name: "attention_mask" },
    { ...(pair ? paired(pixels, given.image_1 ?? pixels) : pixels), name: "pixel_values" },
    ...(mask === undefined ? [] : [{ ...paired(mask, mask), name: "pixel_mask" }]),
  ];
}

/** [B,...] twice as [B,2,...]. */
function paired(first: NamedTensor, second: NamedTensor): NamedTensor {
  const [B, ...rest] = first.shape as [number, ...number[]];
  const size = first.data.length / B;
  const numbers = Array.from({ length: B }, (_, row) =>
    [first, second].flatMap(({ data }) => Array.from(data.slice(row * size, (row + 1) * size), Number)),
  ).flat();
  return first.dtype === "f32"
    ? { ...first, dtype: "f32", shape: [B, 2, ...rest], data: Float32Array.from(numbers) }
    : { ...first, dtype: "i32", shape: [B, 2, ...rest], data: Int32Array.from(numbers) };
}

async function forward(model: string, inputs: string): Promise<NamedTensor[]> {
  return forwardPublished(defaultBackend, await openPublished(model), inputs, {
    hiddenStates: false,
    attentions: false,
  });
}

async function compare({ name, part = "", outputs = {}, untold = [] }: Case, found: readonly NamedTensor[]) {
  const expected = await read(join(goldens, name, `${part}outputs.safetensors`));
  for (const output of found) {
    if (untold.includes(output.name)) continue;
    const wanted = expected[outputs[output.name] ?? outputNames[output.name] ?? output.name];
    assert.ok(wanted, `${output.name} is nothing that the original says`);
    assert.deepEqual(output.shape, wanted.shape, output.name);
    const values = Array.from(wanted.data, Number);
    const scale = Math.max(...values.map(Math.abs));
    const worst = Math.max(...values.map((value, i) => Math.abs(value - Number(output.data[i]))));
    assert.ok(worst <= tolerance * scale, `${output.name}: ${worst} off, of ${scale}`);
  }
  const names = found.map((output) => output.name);
  const logits = Object.keys(expected).filter((key) => key.endsWith("_logits"));
  assert.deepEqual(
    logits.filter((key) => !names.includes(key)),
    [],
  );
  for (const key of [...Object.keys(outputs), "text_features", "image_features", "pooler_output"]) {
    assert.ok(names.includes(key), key);
  }
}

void test("a VLMo whose heads do not show is refused with what to write", async () => {
  const path = join(goldens, "vlmo-absolute", "model.pt");
  await assert.rejects(forward(path, "unread"), /num_heads, for the tensors do not show it.*config\.json/);
});

void test("ids outside the checkpoint's own table are refused", async () => {
  const model = join(goldens, "meter-roberta", "model.ckpt");
  const inputs = join(folder, "outside.safetensors");
  const given = await inputsOf(cases[0]!);
  await writeSafetensors(
    inputs,
    given.map((tensor) =>
      tensor.name === "input_ids" && tensor.dtype === "i32"
        ? { ...tensor, data: Int32Array.from(tensor.data as Int32Array).fill(53) }
        : tensor,
    ),
  );
  await assert.rejects(forward(model, inputs), /input_ids: expected 0 to 52, got 53/);
});

void test("other checkpoints are refused with what was looked for", async () => {
  const beit = join(goldens, "beit", "model.pth");
  await assert.rejects(
    openPublished(beit),
    /beit.*: expected the weights of .*METERTransformerSS \(cross_modal_text_transform\.weight.*, of \d+ tensors;/,
  );
  await assert.rejects(
    openPublished(join(folder, "nothing.ckpt")),
    /nothing\.ckpt: expected weights, got ENOENT/,
  );
  const hostile = join(folder, "hostile.ckpt");
  await writeFile(hostile, Buffer.from("\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R.", "latin1"));
  await assert.rejects(openPublished(hostile), { name: "BifocalError" });
});

void test("a checkpoint without its trainer's notes is refused with what they should say", async () => {
  const path = join(folder, "bare");
  await importModel(join(goldens, "vilt", "model.ckpt"), path, "f16");
  await writeFile(join(path, "config.json"), JSON.stringify({ model_type: "vilt-original" }));
  await assert.rejects(
    forward(path, "unread"),
    /hyper_parameters\.config: expected a configuration .*got it: /,
  );
});

void test("the tokenizer that a checkpoint names is taken from the hub's cache", async () => {
  const commit = "0123456789".repeat(4);
  const cached = join(folder, "hub", "models--google-bert--bert-base-uncased");
  const snapshot = join(cached, "snapshots", commit);
  await mkdir(snapshot, { recursive: true });
  await mkdir(join(cached, "refs"));
  await writeFile(join(cached, "refs", "main"), commit);
  await writeFile(join(snapshot, "config.json"), JSON.stringify({ model_type: "bert" }));
  await writeFile(join(snapshot, "vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ncat\n");
  const out = join(folder, "with-tokenizer");
  const imported = await importModel(join(goldens, "meter-bert", "model.ckpt"), out, "bf16");
  assert.equal(imported.lacksTokenizer, undefined);
  assert.deepEqual(imported.files, ["config.json", "model.safetensors", "tokenizer.json"]);
  const { model } = JSON.parse(await readFile(join(out, "tokenizer.json"), "utf8"));
  assert.equal(model.vocab.cat, 5);
});
