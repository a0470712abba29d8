/** VLC's files under their original names: pretraining with removed patches, and larger pictures without. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { colours } from "#src/models/colours.ts";
import { imageTower } from "#src/models/encoders/index.ts";
import { drop } from "#src/models/published/rules.ts";
import { originalVlcRules } from "#src/models/vlc.original.ts";
import { type VlcConfig, vlc } from "#src/models/vlc.ts";
import { classifierHead, wordHead } from "#src/nn/heads.ts";
import { linear } from "#src/nn/linear.ts";
import { declare, type Scope } from "#src/nn/scope.ts";
import { mimPixel } from "#src/objectives/mim-pixel.ts";
import { compareOriginal, type Whole } from "./original.ts";

const config: VlcConfig = {
  image: {
    kind: "vit",
    normFirst: false,
    colours: colours.imagenet,
    imageSize: 16,
    patch: 4,
    width: 24,
    depth: 3,
    heads: 3,
    hidden: 48,
    activation: "exact",
    dropout: 0,
    epsilon: 1e-6,
    positions: "fixed",
  },
  text: {
    kind: "words",
    vocab: 37,
    textLength: 6,
    positionOffset: 0,
    segments: 2,
    width: 24,
    dropout: 0.1,
    epsilon: 1e-12,
  },
  removed: 0.6,
};

function heads(at: Scope) {
  const mlm = wordHead(at.in("mlm"), { width: 24, classes: 37, epsilon: 1e-12 });
  const itm = linear(at.in("itm.head"), { from: 24, to: 2 });
  return { mlm, itm };
}

const pretraining: Whole = (at) => {
  const model = vlc(at, config);
  const { mlm, itm } = heads(at);
  const decoder = {
    width: 20,
    depth: 2,
    heads: 5,
    hidden: 40,
    activation: "exact",
    dropout: 0,
    epsilon: 1e-6,
  } as const;
  const mim = mimPixel(at.in("mimPixel"), { from: 24, patch: 4, grid: [4, 4], ...decoder });
  return ({ image: pixels, noise, text_ids, text_masks }) => {
    const image = model.encodeVisible!({ pixels: pixels! }, noise!);
    const fused = model.fuse(image, model.encodeText({ ids: text_ids!, keep: text_masks! }));
    return {
      text_feats: fused.words,
      image_feats: fused.patches,
      cls_feats: fused.pooled,
      raw_cls_feats: fused.words.at(1, 0),
      mae_mask: image.removal.removed,
      mae_ids_restore: image.removal.places,
      mae_pred: mim.paint(fused, image.removal),
      mae_loss: mim.loss(fused, image.removal, pixels!).loss.reshape([1]),
      mlm_logits: mlm(fused.words),
      itm_logits: itm(fused.pooled),
    };
  };
};

const larger: VlcConfig = { ...config, image: { ...config.image, imageSize: 24 }, removed: 0 };
const answering: Whole = (at) => {
  const model = vlc(at, larger);
  const { mlm, itm } = heads(at);
  const vqa = classifierHead(at.in("vqa"), { width: 24, classes: 11, epsilon: 1e-5 });
  return ({ image, text_ids, text_masks }) => {
    const text = model.encodeText({ ids: text_ids!, keep: text_masks! });
    const fused = model.fuse(model.encodeImage({ pixels: image! }), text);
    return {
      text_feats: fused.words,
      image_feats: fused.patches,
      cls_feats: fused.pooled,
      raw_cls_feats: fused.words.at(1, 0),
      mlm_logits: mlm(fused.words),
      itm_logits: itm(fused.pooled),
      vqa_logits: vqa(fused.pooled),
    };
  };
};

void test("VLC in pretraining", () => {
  const rules = [drop("vqa_classifier.**", "answers questions"), ...originalVlcRules(config)];
  return compareOriginal("vlc", { rules, build: pretraining });
});

void test("VLC with larger pictures", () => {
  const decoder = ["decoder_**", "mask_token"].map((name) => drop(`transformer.${name}`, "paints patches"));
  return compareOriginal("vlc", {
    part: "larger-",
    rules: [...decoder, ...originalVlcRules(larger)],
    build: answering,
  });
});

void test("a published masked autoencoder fills all below image", () => {
  const shapes = (build: (at: Scope) => unknown) =>
    declare(build)
      .parameters.map(({ name, shape }) => `${name} ${shape}`)
      .sort();
  const tower = shapes((at) => imageTower(at.in("image"), config.image));
  const below = shapes((at) => vlc(at, config)).filter((name) => name.startsWith("image."));
  assert.deepEqual(below, tower);
});
