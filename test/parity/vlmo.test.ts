/** VLMo's files under their original names, at the picture size of the weights and at a larger one, all ways of reading. */
import { test } from "node:test";
import { concat, type Tensor } from "#src/graph/tensor.ts";
import { colours } from "#src/models/colours.ts";
import { originalVlmoRules } from "#src/models/vlmo.original.ts";
import { type VlmoConfig, vlmo } from "#src/models/vlmo.ts";
import { classifierHead, wordHead } from "#src/nn/heads.ts";
import { linear } from "#src/nn/linear.ts";
import { layerNorm } from "#src/nn/norm.ts";
import type { Scope } from "#src/nn/scope.ts";
import { itc } from "#src/objectives/itc.ts";
import { compareOriginal, type Whole } from "./original.ts";

const common = {
  kind: "vit",
  normFirst: false,
  colours: colours.halves,
  depth: 3,
  activation: "exact",
  dropout: 0,
  epsilon: 1e-6,
  projectionBias: "not-key",
} as const;
const words = {
  kind: "words",
  vocab: 37,
  positionOffset: 0,
  segments: 2,
  dropout: 0,
  epsilon: 1e-12,
} as const;

const relative: VlmoConfig = {
  image: {
    ...common,
    imageSize: 24,
    patch: 6,
    width: 30,
    heads: 3,
    hidden: 45,
    layerScale: 0.1,
    dropPath: 0.1,
    positions: "none",
    relativePositions: "each",
  },
  text: { ...words, textLength: 9, width: 30 },
  jointFrom: 2,
};

const absolute: VlmoConfig = {
  image: { ...common, imageSize: 12, patch: 4, width: 20, heads: 5, hidden: 40, positions: "learned" },
  text: { ...words, textLength: 6, width: 20 },
  jointFrom: 1,
  pictures: 2,
};

/** The model with the heads that the files hold, and all that the original code returns. */
function whole(at: Scope, c: VlmoConfig): ReturnType<Whole> {
  const { width } = c.image;
  const model = vlmo(at, c);
  const mlm = wordHead(at.in("mlm"), { width, classes: c.text.vocab, epsilon: 1e-12 });
  const itm = linear(at.in("itm.head"), { from: width, to: 2 });
  const size = { image: width, text: width, width };
  const [contrast, joint] = [itc(at.in("itc"), size), itc(at.in("jointItc"), size)];
  const vqa =
    c.pictures === 2 ? undefined : classifierHead(at.in("vqa"), { width, classes: 11, epsilon: 1e-5 });
  const pair = c.pictures === 2 ? pairHead(at.in("nlvr2"), width) : undefined;

  return (given) => {
    const image = model.encodeImage({ pixels: given.image! });
    const text = model.encodeText({ ids: given.text_ids!, keep: given.text_masks! });
    const fused = model.fuse(image, text);
    const second = pair && model.fuse(image, text, 1).pooled;
    const [again, said] = [{ pooled: model.joint.image(image) }, { pooled: model.joint.text(text) }];
    const plain = contrast.similarities(contrast.image(image), contrast.text(text));
    const jointly = joint.similarities(joint.image(again), joint.text(said));
    const features = {
      "infer_image.cls_feats": contrast.image(image),
      "infer_text.cls_feats": contrast.text(text),
    };
    return {
      "infer.text_feats": fused.words,
      "infer.image_feats": fused.patches,
      "infer.cls_feats": fused.pooled,
      "infer.raw_cls_feats": fused.words.at(1, 0),
      ...features,
      "infer_image.cls_vlffn_feats": joint.image(again),
      "infer_text.cls_vlffn_feats": joint.text(said),
      "infer_image.image_feats": image.patches,
      "infer_text.text_feats": text.words,
      "infer_image_ft.image_feats": image.patches,
      "infer_text_ft.text_feats": text.words,
      "infer_image_ft.cls_feats": features["infer_image.cls_feats"],
      "infer_text_ft.cls_feats": features["infer_text.cls_feats"],
      // These are not normalised.
      ...Object.fromEntries(
        ["infer_image", "infer_image_ft"].map((way) => [
          `${way}.raw_cls_feats`,
          image.layers.at(-1)!.at(1, 0),
        ]),
      ),
      ...Object.fromEntries(
        ["infer_text", "infer_text_ft"].map((way) => [`${way}.raw_cls_feats`, text.layers.at(-1)!.at(1, 0)]),
      ),
      mlm_logits: mlm(fused.words),
      itm_logits: itm(fused.pooled),
      itc_loss: contrast.loss(plain).loss.add(joint.loss(jointly).loss).mul(0.5).reshape([1]),
      ...(vqa && { vqa_logits: vqa(fused.pooled) }),
      ...(pair &&
        second && { "second.cls_feats": second, nlvr2_logits: pair(concat([fused.pooled, second], 1)) }),
    };
  };
}

function pairHead(at: Scope, width: number) {
  const hidden = linear(at.in("hidden"), { from: 2 * width, to: 2 * width });
  const norm = layerNorm(at.in("norm"), 2 * width, 1e-5);
  const classes = linear(at.in("classes"), { from: 2 * width, to: 2 });
  return (x: Tensor) => classes(norm(hidden(x)).gelu("exact"));
}

const cases = [
  ["vlmo-relative", "", relative],
  ["vlmo-relative", "larger-", { ...relative, image: { ...relative.image, imageSize: 36 } }],
  ["vlmo-absolute", "", absolute],
  [
    "vlmo-absolute",
    "larger-",
    { ...absolute, image: { ...absolute.image, imageSize: 20 }, text: { ...absolute.text, textLength: 4 } },
  ],
] as const;

for (const [name, part, config] of cases) {
  void test(`${part}${name}`, () =>
    compareOriginal(name, { part, rules: originalVlmoRules(config), build: (at) => whole(at, config) }));
}
