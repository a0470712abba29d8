/** ViLT's own checkpoint, states, heads and objectives: made by make_original_vilt.py. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { evaluate } from "#src/backends/backend.ts";
import { defaultBackend } from "#src/backends/default.ts";
import { fillFrom } from "#src/checkpoints/fill.ts";
import { openWeights } from "#src/files/open-weights.ts";
import { openSafetensors } from "#src/files/safetensors.ts";
import { weightsOf } from "#src/files/weights-of.ts";
import { graphOf } from "#src/graph/graph.ts";
import { apply, concat } from "#src/graph/tensor.ts";
import { colours } from "#src/models/colours.ts";
import { originalViltRules } from "#src/models/vilt.original.ts";
import { type ViltConfig, vilt } from "#src/models/vilt.ts";
import { classifierHead, wordHead } from "#src/nn/heads.ts";
import { normal } from "#src/nn/init.ts";
import { linear } from "#src/nn/linear.ts";
import { layerNorm } from "#src/nn/norm.ts";
import { declare, type Scope } from "#src/nn/scope.ts";
import { itm } from "#src/objectives/itm.ts";
import { meanColours, mpp } from "#src/objectives/mpp.ts";
import { wpa } from "#src/objectives/wpa.ts";

const folder = join("test", "parity", "original", "vilt");
const [vocab, width, patch] = [61, 24, 4];
const shared = { width, dropout: 0.1 };
const config: ViltConfig = {
  image: {
    kind: "vit",
    ...shared,
    imageSize: 16,
    patch,
    depth: 3,
    heads: 3,
    hidden: 48,
    activation: "exact",
    epsilon: 1e-6,
    normFirst: false,
    colours: colours.halves,
  },
  text: { kind: "words", ...shared, vocab, textLength: 9, positionOffset: 0, segments: 2, epsilon: 1e-12 },
  pictures: 2,
};

function build(at: Scope) {
  const compare = at.in("nlvr2");
  const hidden = linear(compare.in("hidden"), { from: 2 * width, to: 2 * width });
  const norm = layerNorm(compare.in("norm"), 2 * width, 1e-5);
  const classes = linear(compare.in("classes"), { from: 2 * width, to: 2 });
  return {
    model: vilt(at, config),
    words: wordHead(at.in("mlm"), { width, classes: vocab, epsilon: 1e-12 }),
    matching: itm(at.in("itm"), { width }),
    patches: mpp(at.in("mpp"), { width }),
    vector: at.in("mpp").param("vector", [width], normal(at.std)),
    answers: classifierHead(at.in("vqa"), { width, classes: 5, epsilon: 1e-5 }),
    compare: (pooled: Parameters<typeof hidden>[0]) => classes(norm(hidden(pooled)).gelu("exact")),
    rank: linear(at.in("rank"), { from: width, to: 1 }),
  };
}

void test("ViLT's checkpoint gives the states, logits and losses of ViLT's code", async () => {
  const [inputs, outputs] = await Promise.all(
    ["inputs", "outputs"].map((name) => openSafetensors(join(folder, `${name}.safetensors`))),
  );
  const checkpoint = weightsOf(await openWeights(join(folder, "model.ckpt")));
  try {
    const { model: all, parameters } = declare(build);
    const stored = parameters.filter(({ name }) => name !== "mpp.vector");
    const { weights, dropped } = await fillFrom(checkpoint, originalViltRules(config), stored, "");
    assert.equal(dropped.size, 0);

    const input = (name: string, dtype: "f32" | "i32" | "u8") =>
      apply("input", { name, type: { dtype, shape: inputs!.tensors.get(name)!.shape } });
    const bool = (name: string) => input(name, "i32").equal(1);
    const imageKeep = bool("imageKeep");
    const pixels = { pixels: input("pixels", "f32"), keep: imageKeep };
    const read = (more: object) =>
      all.model.encodeImage({ ...pixels, most: Number.POSITIVE_INFINITY, ...more });
    const text = all.model.encodeText({ ids: input("ids", "i32"), keep: bool("keep") });
    const image = read({});
    const fused = all.model.fuse(image, text);
    const second = all.model.fuse(image, text, 1);

    const chosen = bool("chosen");
    const partly = read({ hidden: { places: bool("hidden"), vector: all.vector } });
    const asked = chosen.and(imageKeep.reshape([4, 4, patch, 5, patch]).at(4, 0).at(2, 0).reshape([4, 20]));
    const masked = {
      chosen: asked,
      colours: meanColours(input("image", "u8"), patch),
      places: partly.places,
    };
    const pairs = { image, text, labels: Float32Array.of(1, 1, 0, 0) };
    const graph = graphOf({
      text_feats: fused.words,
      image_feats: fused.patches,
      cls_feats: fused.pooled,
      mlm_logits: all.words(fused.words),
      itm_logits: all.matching.logits(fused),
      itm_wpa_loss: wpa(fused, pairs, all.model.specials).loss.mul(0.1),
      vqa_logits: all.answers(fused.pooled),
      nlvr2_logits: all.compare(concat([fused.pooled, second.pooled], 1)),
      rank: all.rank(fused.pooled),
      mpp_loss: all.patches(all.model.fuse(partly, text), masked, all.model.specials).loss,
    });
    const leaves: Record<string, Float32Array | Int32Array | Uint8Array> = {
      ...weights,
      "mpp.vector": Float32Array.from(await inputs!.read("vector")),
    };
    for (const name of Object.keys(graph.inputs)) {
      leaves[name] = (await inputs!.read(name)) as Float32Array | Int32Array | Uint8Array;
    }
    const found = await evaluate(defaultBackend, graph, leaves);
    for (const name of outputs!.tensors.keys()) {
      const expected = Array.from(await outputs!.read(name));
      assert.equal(found[name]!.length, expected.length, name);
      const scale = Math.max(...expected.map(Math.abs));
      const worst = Math.max(...expected.map((value, i) => Math.abs(value - found[name]![i]!)));
      assert.ok(worst <= 1e-4 * scale, `${name}: ${worst} off, of ${scale}`);
    }
  } finally {
    await Promise.all([inputs!, outputs!, checkpoint].map((file) => file.close()));
  }
});
