/** Published towers in a run and out of it again: taken by a recipe, trained, exported, read back. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { publishedTensors } from "#src/checkpoints/publish.ts";
import { rng } from "#src/core/rng.ts";
import { sizeOf } from "#src/core/shape.ts";
import { type NamedTensor, openSafetensors, writeSafetensors } from "#src/files/safetensors.ts";
import { writeSharded } from "#src/files/write-sharded.ts";
import { families } from "#src/models/published/families.ts";
import { declare, initialize } from "#src/nn/scope.ts";
import { learnTokenizer } from "#src/tasks/source.ts";
import { bifocal } from "../recipes/bifocal.ts";

const vit = {
  model_type: "vit",
  architectures: ["ViTModel"],
  image_size: 24,
  patch_size: 8,
  hidden_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 20,
};
const bert = {
  model_type: "bert",
  architectures: ["BertModel"],
  vocab_size: 192,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 28,
  max_position_embeddings: 26,
};

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifocal-towers-"));
  const image = join(folder, "vit");
  await publish(image, vit, "ViTModel");
  const processor = {
    image_processor_type: "ViTImageProcessor",
    image_mean: [0.1, 0.2, 0.3],
    image_std: [0.4, 0.5, 0.6],
  };
  await writeFile(join(image, "preprocessor_config.json"), JSON.stringify(processor));
  const text = join(folder, "bert");
  await publish(text, bert, "BertModel");
  const tokenizer = await learnTokenizer({ kind: "emoji-world", seed: 7, concepts: 8 }, 192);
  await writeFile(join(text, "tokenizer.json"), tokenizer);
});
after(() => rm(folder, { recursive: true }));

/** A folder as save_pretrained writes it, with random weights. */
async function publish(to: string, config: { model_type: string }, name: string): Promise<void> {
  const { rules, build } = families[config.model_type]!.classes[name]!(config, to, () => true);
  const { parameters } = declare(build);
  const weights = Object.fromEntries(
    parameters.map((parameter) => {
      const values = new Float32Array(sizeOf(parameter.shape));
      initialize(parameter, 3, values);
      return [parameter.name, values];
    }),
  );
  await mkdir(to);
  await writeFile(join(to, "config.json"), JSON.stringify(config));
  await writeSharded(to, publishedTensors(rules, parameters, weights), { maxShardBytes: 1e9, dtype: "f32" });
}

async function run(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await bifocal(...words).ended;
  assert.equal(code, 0, stderr);
  return stdout;
}

async function tensorsOf(path: string): Promise<Record<string, number[]>> {
  const file = await openSafetensors(path);
  try {
    const all: Record<string, number[]> = {};
    for (const name of file.tensors.keys()) all[name] = Array.from(await file.read(name));
    return all;
  } finally {
    await file.close();
  }
}

const settings = () => [
  `model.image={from: ${join(folder, "vit")}, imageSize: 32}`,
  `model.text={from: ${join(folder, "bert")}, depth: 1}`,
  "model.fusion={kind: co-attention, width: 20, depth: 1, heads: 4, hidden: 28, activation: exact, norm: post, dropout: 0.2, epsilon: 1e-12}",
  "train.batch=4",
  "train.validation={every: 5, batches: 1}",
];

test("a run starts from the towers its recipe names, and exports them as they were published", async () => {
  const out = join(folder, "run");
  await run(
    "train",
    "meter-tiny",
    ...settings(),
    "train.freeze=[model.image, model.text]",
    "--steps",
    "1",
    "--out",
    out,
  );
  const { model } = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
  assert.deepEqual(model.image.colours, { mean: [0.1, 0.2, 0.3], std: [0.4, 0.5, 0.6] });
  assert.equal(model.text.vocab, 192);
  assert.equal(model.text.depth, 1);
  assert.equal(model.image.from, join(folder, "vit"));

  const trained = await tensorsOf(join(out, "model.safetensors"));
  const [image, text] = await Promise.all(
    ["vit", "bert"].map((name) => tensorsOf(join(folder, name, "model.safetensors"))),
  );
  assert.deepEqual(
    trained["model.image.blocks.1.attention.key.weight"],
    image!["encoder.layer.1.attention.attention.key.weight"],
  );
  assert.deepEqual(trained["model.text.embedding.words"], text!["embeddings.word_embeddings.weight"]);
  // 16 patches where the file has 9, the class token's row as it was.
  assert.equal(trained["model.image.positions"]!.length, 17 * 12);
  assert.deepEqual(
    trained["model.image.positions"]!.slice(0, 12),
    image!["embeddings.position_embeddings"]!.slice(0, 12),
  );

  const exported = join(folder, "exported");
  await run("export", out, "--out", exported);
  const config = JSON.parse(await readFile(join(exported, "text", "config.json"), "utf8"));
  assert.equal(config.num_hidden_layers, 1);
  const words = await tensorsOf(join(exported, "text", "model.safetensors"));
  const kept = Object.keys(text!).filter(
    (name) => !name.startsWith("encoder.layer.1.") && !name.startsWith("pooler"),
  );
  assert.deepEqual(Object.keys(words).sort(), kept.sort());
  for (const name of kept) assert.deepEqual(words[name], text![name], name);
});

test("a word table grows by rows for hidden spans, and is exported with them", async () => {
  const out = join(folder, "spans");
  const grown = settings().map((setting) => setting.replace("depth: 1}", "depth: 1, vocab: 195}"));
  await run(
    "train",
    "meter-tiny-decoder",
    ...grown,
    "train.freeze=[model.text]",
    "--steps",
    "1",
    "--out",
    out,
  );
  const published = await tensorsOf(join(folder, "bert", "model.safetensors"));
  const table = published["embeddings.word_embeddings.weight"]!;
  const words = (await tensorsOf(join(out, "model.safetensors")))["model.text.embedding.words"]!;
  assert.equal(words.length, 195 * 16);
  assert.deepEqual(words.slice(0, table.length), table);
  assert.ok(words.slice(table.length).every((value) => value !== 0));
  const exported = join(folder, "spans-exported");
  await run("export", out, "--out", exported);
  const config = JSON.parse(await readFile(join(exported, "text", "config.json"), "utf8"));
  assert.equal(config.vocab_size, 195);
  const text = await tensorsOf(join(exported, "text", "model.safetensors"));
  assert.deepEqual(text["embeddings.word_embeddings.weight"], words);
});

test("forward gives the same numbers for a run, its export and the exported tower", async () => {
  const random = rng("inputs");
  const pixels = Float32Array.from({ length: 2 * 3 * 32 * 32 }, () => random.normal());
  const picture: NamedTensor = { name: "pixel_values", dtype: "f32", shape: [2, 3, 32, 32], data: pixels };
  const ids = Int32Array.from({ length: 2 * 6 }, () => random.integer(192));
  const texts: NamedTensor[] = [
    { name: "input_ids", dtype: "i32", shape: [2, 6], data: ids },
    {
      name: "attention_mask",
      dtype: "i32",
      shape: [2, 6],
      data: Int32Array.of(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0),
    },
  ];
  const [both, one] = [join(folder, "both.safetensors"), join(folder, "picture.safetensors")];
  await writeSafetensors(both, [picture, ...texts]);
  await writeSafetensors(one, [picture]);
  const forward = async (model: string, inputs: string) => {
    const output = join(folder, "output.safetensors");
    await run("forward", model, "--inputs", inputs, "--output", output);
    return tensorsOf(output);
  };
  const trained = await forward(join(folder, "run"), both);
  assert.deepEqual(await forward(join(folder, "exported"), both), trained);
  const tower = await forward(join(folder, "exported", "image"), one);
  assert.deepEqual(tower.last_hidden_state, trained.image_last_hidden_state);
});

test("what a recipe asks of a published tower in vain is said in a sentence", async () => {
  const refused = async (setting: string) => {
    const { code, stderr } = await bifocal("train", "meter-tiny", setting, "--out", join(folder, "no")).ended;
    assert.equal(code, 2, stderr);
    return stderr;
  };
  assert.match(
    await refused(`model.image=${join(folder, "bert")}`),
    /expected a model with a tower for images, got .*model_type bert/,
  );
  assert.match(
    await refused(`model.image={from: ${join(folder, "vit")}, weights: some}`),
    /expected published or random, got "some"/,
  );
  assert.match(
    await refused(`model.image={from: ${join(folder, "vit")}, width: 24}`),
    /of another shape \(36\)/,
  );
});

test("weights stored as whole numbers are refused", async () => {
  const broken = join(folder, "whole-numbers");
  await mkdir(broken);
  await writeFile(join(broken, "config.json"), JSON.stringify(vit));
  const file = await openSafetensors(join(folder, "vit", "model.safetensors"));
  const tensors: NamedTensor[] = [];
  for (const [name, { shape }] of file.tensors) {
    const data = (await file.read(name)) as Float32Array;
    const whole = name === "layernorm.bias";
    tensors.push(
      whole
        ? { name, dtype: "i32", shape, data: new Int32Array(data.length) }
        : { name, dtype: "f32", shape, data },
    );
  }
  await file.close();
  await writeSafetensors(join(broken, "model.safetensors"), tensors);
  const inputs = join(folder, "none.safetensors");
  const { code, stderr } = await bifocal("forward", broken, "--inputs", inputs, "--output", inputs).ended;
  assert.equal(code, 2);
  assert.match(stderr, /model\.safetensors, layernorm\.bias: expected f32, f16, bf16, f64, got i32/);
});
