/**
 * METER and BridgeTower against their authors' code: whole checkpoints as Lightning leaves them, read strictly, their
 * sizes taken from the checkpoint alone. The goldens are made by make_original_meter.py and make_original_bridgetower.py.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { evaluate } from "#src/backends/backend.ts";
import { defaultBackend } from "#src/backends/default.ts";
import { fillFrom } from "#src/checkpoints/fill.ts";
import type { TypedArray } from "#src/core/dtype.ts";
import { openSafetensors } from "#src/files/safetensors.ts";
import { openTorchFile } from "#src/files/torch-file.ts";
import { weightsOf } from "#src/files/weights-of.ts";
import { unitNorm } from "#src/graph/functions.ts";
import { graphOf } from "#src/graph/graph.ts";
import { apply, concat, type Tensor } from "#src/graph/tensor.ts";
import { originalBridgeTower } from "#src/models/bridgetower.original.ts";
import { type BridgeTowerConfig, bridgetower } from "#src/models/bridgetower.ts";
import type { FusedState } from "#src/models/contracts.ts";
import { originalMeter } from "#src/models/meter.original.ts";
import { type MeterConfig, meter } from "#src/models/meter.ts";
import { drop, type Rule } from "#src/models/published/rules.ts";
import { classifierHead, wordHead } from "#src/nn/heads.ts";
import { linear } from "#src/nn/linear.ts";
import { declare, type Scope } from "#src/nn/scope.ts";

const folder = join("test", "parity", "original");

/** As for published classes: see published.test.ts. */
const tolerance = 1e-4;

type Config = MeterConfig | BridgeTowerConfig;

/** A checkpoint's heads, by the names that the rules give them. */
interface Heads {
  /** Between the layers of a classifier, as a multiple of the fusion's width. */
  readonly hidden: number;
  readonly classes: Readonly<Record<string, number>>;
  readonly contrast?: number;
}

const build = (at: Scope, c: Config) =>
  "bridge" in c.fusion ? bridgetower(at, c as BridgeTowerConfig) : meter(at, c as MeterConfig);

function headsOf(at: Scope, c: Config, { hidden, classes, contrast }: Heads) {
  const { width } = c.fusion;
  const classifiers = Object.entries(classes).map(([task, count]) => {
    const pooled = (task === "nlvr2" ? 4 : 2) * width;
    const sizes = { width: pooled, hidden: hidden * width, classes: count, epsilon: 1e-5 };
    return [task, classifierHead(at.in(task), sizes)] as const;
  });
  return {
    classify: Object.fromEntries(classifiers),
    words: (vocab: number) => wordHead(at.in("mlm"), { width, classes: vocab, epsilon: 1e-12 }),
    match: () => linear(at.in("itm.head"), { from: 2 * width, to: 2 }),
    rank: () => linear(at.in("rank"), { from: 2 * width, to: 1 }),
    contrast: (part: string) => linear(at.in(`itc.${part}`), { from: width, to: contrast! }),
  };
}

const features = ({ words, patches, pooled }: FusedState, prefix = "") => ({
  [`${prefix}text_feats`]: words,
  [`${prefix}image_feats`]: patches,
  [`${prefix}cls_feats`]: pooled,
});

type Inputs = Readonly<Record<string, Tensor>>;

/** Everything a checkpoint with a head for every task says of one picture and text. */
function allHeads(at: Scope, c: Config, heads: Heads, name: string) {
  const model = build(at, c);
  const { classify, words, match, rank, contrast } = headsOf(at, c, heads);
  const vocab = words(c.text.vocab);
  const matching = match();
  const ranking = name.startsWith("meter") ? rank() : undefined;
  const [ofText, ofImage] = heads.contrast ? [contrast("text"), contrast("image")] : [];
  return (given: Inputs) => {
    const image = model.encodeImage({ pixels: given.image! });
    const text = model.encodeText({ ids: given.text_ids!, keep: given.text_masks!.equal(0).not() });
    const fused = model.fuse(image, text);
    return {
      ...features(fused),
      mlm_logits: vocab(fused.words),
      itm_logits: matching(fused.pooled),
      vqa_logits: classify.vqa!(fused.pooled),
      snli_logits: classify.snli!(fused.pooled),
      ...(ranking && { rank_scores: ranking(fused.pooled) }),
      ...(ofText && { itc_text: unitNorm(ofText(text.pooled)) }),
      ...(ofImage && { itc_image: unitNorm(ofImage(image.pooled)) }),
    };
  };
}

/** What a checkpoint for pairs of pictures says. */
function pairs(at: Scope, c: Config, heads: Heads) {
  const model = build(at, c);
  const { classify } = headsOf(at, c, heads);
  return (given: Inputs) => {
    const text = model.encodeText({ ids: given.text_ids!, keep: given.text_masks!.equal(0).not() });
    const [first, second] = [given.image!, given.image_1!].map((pixels, picture) =>
      model.fuse(model.encodeImage({ pixels }), text, picture),
    ) as [FusedState, FusedState];
    return {
      ...features(first),
      ...features(second, "second."),
      nlvr2_logits: classify.nlvr2!(concat([first.pooled, second.pooled], 1)),
    };
  };
}

/** The model alone on pictures larger than those of the checkpoint. */
function larger(at: Scope, c: Config) {
  const model = build(at, c);
  return (given: Inputs) => {
    const text = model.encodeText({ ids: given.text_ids!, keep: given.text_masks!.equal(0).not() });
    return features(model.fuse(model.encodeImage({ pixels: given["larger.image"]! }), text), "larger.");
  };
}

/** The checkpoint of `name` with configuration and rules of its model. */
async function open(name: string) {
  const file = await openTorchFile(join(folder, name, "model.ckpt"));
  const weights = weightsOf(file);
  const { hyper_parameters } = file.content as { hyper_parameters: { config: unknown } };
  const shapeOf = (tensor: string) => weights.tensors.get(tensor)?.shape;
  const read = name.startsWith("meter")
    ? originalMeter(hyper_parameters.config, shapeOf, file.path)
    : originalBridgeTower(hyper_parameters.config, shapeOf, file.path);
  return { weights, config: read.config as Config, rules: read.rules as (asked: Config) => readonly Rule[] };
}

async function check(
  name: string,
  model: (at: Scope, c: Config) => (given: Inputs) => Record<string, Tensor>,
  change: (c: Config) => Config = (c) => c,
  drops: readonly Rule[] = [],
) {
  const { weights: file, config, rules } = await open(name);
  const [inputs, outputs] = await Promise.all(
    ["inputs", "outputs"].map((part) => openSafetensors(join(folder, name, `${part}.safetensors`))),
  );
  try {
    const asked = change(config);
    const { model: forward, parameters } = declare((at) => model(at, asked));
    const { weights } = await fillFrom(file, [...drops, ...rules(asked)], parameters, "");
    const given: Record<string, TypedArray> = {};
    const tensors: Record<string, Tensor> = {};
    for (const [input, { dtype, shape }] of inputs!.tensors) {
      const values = Array.from(await inputs!.read(input));
      given[input] = dtype === "f32" ? Float32Array.from(values) : Int32Array.from(values);
      tensors[input] = apply("input", {
        name: input,
        type: { dtype: dtype === "f32" ? "f32" : "i32", shape },
      });
    }
    const graph = graphOf(forward(tensors));
    const leaves = Object.fromEntries(Object.keys(graph.inputs).map((input) => [input, given[input]!]));
    const found = await evaluate(defaultBackend, graph, { ...leaves, ...weights });
    const wanted = [...outputs!.tensors.keys()].filter((output) => output in found);
    assert.deepEqual(wanted.sort(), Object.keys(found).sort());
    for (const output of wanted) {
      assert.deepEqual(graph.outputs[output]!.shape, outputs!.tensors.get(output)!.shape, output);
      const expected = Array.from(await outputs!.read(output));
      const scale = Math.max(...expected.map(Math.abs));
      const worst = Math.max(...expected.map((value, i) => Math.abs(value - found[output]![i]!)));
      assert.ok(worst <= tolerance * scale, `${output}: ${worst} off, of ${scale}`);
    }
    return wanted;
  } finally {
    await Promise.all([file, inputs!, outputs!].map((opened) => opened.close()));
  }
}

const all: Heads = { hidden: 2, classes: { vqa: 7, snli: 3 } };

void test("METER with RoBERTa, every head", async () => {
  const wanted = await check("meter-roberta", (at, c) => allHeads(at, c, all, "meter"));
  assert.equal(wanted.length, 8);
});

void test("METER for larger pictures than its checkpoint's", async () => {
  const heads = ["mlm_score", "itm_score", "vqa_classifier", "snli_classifier", "rank_output"];
  await check(
    "meter-roberta",
    larger,
    (c) => ({ ...c, image: { ...c.image, imageSize: 40 } }) as Config,
    heads.map((head) => drop(`${head}.**`, "is not asked for")),
  );
});

void test("METER with BERT, two pictures to a text", async () => {
  await check("meter-bert", (at, c) => pairs(at, c, { hidden: 2, classes: { nlvr2: 2 } }));
});

void test("METER with Swin, whose summary is the mean of its patches", async () => {
  await check("meter-swin-roberta", (at, c) => {
    const model = build(at, c);
    const match = headsOf(at, c, { hidden: 2, classes: {} }).match();
    return (given) => {
      const text = model.encodeText({ ids: given.text_ids!, keep: given.text_masks!.equal(0).not() });
      const fused = model.fuse(model.encodeImage({ pixels: given.image! }), text);
      return { ...features(fused), itm_logits: match(fused.pooled) };
    };
  });
});

void test("a checkpoint of one picture to a text makes a model of two, the second kind like the first", async () => {
  const heads = ["mlm_score", "itm_score", "vqa_classifier", "snli_classifier", "rank_output"];
  const { weights: file, config, rules } = await open("meter-roberta");
  const asked = { ...config, pictures: 2 };
  const { parameters } = declare((at) => build(at, asked));
  const drops = heads.map((head) => drop(`${head}.**`, "is not asked for"));
  const { weights } = await fillFrom(file, [...drops, ...rules(asked)], parameters, "");
  await file.close();
  const { width } = config.fusion;
  const row = (index: number) => weights.kinds!.slice(index * width, (index + 1) * width);
  assert.deepEqual(row(2), row(1));
  assert.notDeepEqual(row(1), row(0));
});

void test("BridgeTower with RoBERTa, every head", async () => {
  const heads = { ...all, hidden: 4, contrast: 6 };
  const wanted = await check("bridgetower-roberta", (at, c) => allHeads(at, c, heads, "bridgetower"));
  assert.equal(wanted.length, 9);
});

void test("BridgeTower with BERT, two pictures to a text", async () => {
  await check("bridgetower-bert", (at, c) => pairs(at, c, { hidden: 3, classes: { nlvr2: 2 } }));
});
