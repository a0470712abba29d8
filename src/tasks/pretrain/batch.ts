import { foldKey, rng } from "../../core/rng.ts";
import { needForm } from "../../datasets/contracts.ts";
import { chosenCaption } from "../chosen-caption.ts";
import { fillPictures } from "../fill-pictures.ts";
import type { BatchPlan, Sizes } from "../task.ts";
import type { PretrainConfig } from "./config.ts";
import type { Fields } from "./fields.ts";
import { chosenPatches, drawnPatches, removalNoise } from "./hidden-patches.ts";
import { maskedWords } from "./masked-words.ts";

/** The arrays of every objective that has any. */
export function pretrainFields(c: PretrainConfig, sizes: Sizes) {
  return {
    mlm: c.mlm && maskedWords(c.mlm, sizes),
    mpp: c.mpp && chosenPatches(c.mpp, sizes),
    mimPixel: c.mimPixel && removalNoise(sizes),
    mimInBatch: c.mimInBatch && drawnPatches("inBatchPlaces", c.mimInBatch, sizes),
    mimCodes: c.mimCodes && drawnPatches("codePlaces", c.mimCodes, sizes),
  };
}

/** B pictures with one caption each, and what the objectives add. */
export function pretrainBatch(c: PretrainConfig, sizes: Sizes): BatchPlan {
  const { batch, imageSize, textLength } = sizes;
  const fields = Object.values(pretrainFields(c, sizes)).filter(
    (own) => own !== undefined,
  ) as Fields<string>[];
  return {
    form: "captions",
    types: {
      image: { dtype: "u8", shape: [batch, imageSize, imageSize, 3] },
      ids: { dtype: "i32", shape: [batch, textLength] },
      keep: { dtype: "bool", shape: [batch, textLength] },
      ...Object.assign({}, ...fields.map(({ types }) => types)),
    },
    fill: async ({ dataset, tokenizer }, { split, indices, key, training }, arrays) => {
      const captionsOf = needForm(dataset, "captions", "task pretrain");
      const examples = await Promise.all(indices.map((index) => captionsOf(split, index)));
      await fillPictures(
        arrays.image!,
        imageSize,
        examples.map(({ picture }) => picture),
        (row) => (training ? foldKey(key, "image", row) : undefined),
      );
      const captions = examples.map((example, row) =>
        chosenCaption(example, training ? rng(key, "caption", row) : undefined),
      );
      const tokens = await tokenizer.encode(captions, { length: textLength, tooLong: dataset.longTexts });
      arrays.ids!.set(tokens.ids);
      arrays.keep!.set(tokens.keep);
      for (const { fill } of fields) fill({ tokens, tokenizer, key }, arrays);
    },
  };
}
