import { foldKey, rng } from "../../core/rng.ts";
import { needForm, type Picture, type PictureDataset } from "../../datasets/contracts.ts";
import type { TensorType } from "../../graph/ops/definition.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { chosenCaption } from "../chosen-caption.ts";
import { fillPictures, pictureType } from "../pictures.ts";
import type { BatchPlan, Selection, Sizes } from "../task.ts";
import { apart, type PretrainConfig } from "./config.ts";
import type { Fields, Given } from "./fields.ts";
import { chosenPatches, drawnPatches, removalNoise } from "./hidden-patches.ts";
import { hiddenSpans } from "./hidden-spans.ts";
import { maskedWords } from "./masked-words.ts";

/** The arrays of every objective that has any. */
export function pretrainFields(c: PretrainConfig, sizes: Sizes) {
  return {
    mlm: c.mlm && maskedWords(c.mlm, sizes),
    span: c.span && hiddenSpans(c.span, sizes),
    mpp: c.mpp && chosenPatches(c.mpp, sizes),
    mimPixel: c.mimPixel && removalNoise(sizes),
    mimInBatch: c.mimInBatch && drawnPatches("inBatchPlaces", c.mimInBatch, sizes),
    mimCodes: c.mimCodes && drawnPatches("codePlaces", c.mimCodes, sizes),
  };
}

/** Pictures and texts, and the arrays of the objectives: those of absent ones are not there. */
export type BatchTensors = Readonly<Record<"image" | "ids" | "keep", Tensor>> &
  Given<NonNullable<AllFields["mlm"]>> &
  Given<NonNullable<AllFields["span"]>> &
  Given<NonNullable<AllFields["mpp"]>> &
  Given<NonNullable<AllFields["mimPixel"]>> &
  Given<NonNullable<AllFields["mimInBatch"]>> &
  Given<NonNullable<AllFields["mimCodes"]>>;

type AllFields = ReturnType<typeof pretrainFields>;

/**
 * B pictures with one caption each, and what the objectives add; where no objective reads pairs, pictures or texts alone,
 * or B of each that do not belong together.
 */
export function pretrainBatch(c: PretrainConfig, sizes: Sizes): BatchPlan {
  const { batch, textLength } = sizes;
  const reads = modalitiesOf(c);
  const fields = Object.values(pretrainFields(c, sizes)).filter(
    (own) => own !== undefined,
  ) as Fields<string>[];
  const [ids, keep] = (["i32", "bool"] as const).map(
    (dtype): TensorType => ({ dtype, shape: [batch, textLength] }),
  );
  return {
    form: reads.pairs ? "captions" : reads.pictures ? "pictures" : "texts",
    ...(!reads.pairs && reads.pictures && reads.texts && { also: "texts" as const }),
    types: {
      ...(reads.pictures && { image: pictureType(batch, sizes) }),
      ...(reads.texts && { ids: ids!, keep: keep! }),
      ...Object.assign({}, ...fields.map(({ types }) => types)),
    },
    fill: async ({ dataset, tokenizer }, selection, arrays) => {
      const { first, key, training } = selection;
      const { pictures, texts } = await examplesOf(dataset, selection, reads);
      if (pictures !== undefined) {
        await fillPictures(arrays.image!, sizes, pictures, (row) =>
          training ? foldKey(key, "image", first + row) : undefined,
        );
      }
      const tokens =
        texts && (await tokenizer.encode(texts, { length: textLength, tooLong: dataset.longTexts }));
      if (tokens !== undefined) {
        arrays.ids!.set(tokens.ids);
        arrays.keep!.set(tokens.keep);
      }
      for (const { fill } of fields) fill({ tokens, tokenizer, key, first }, arrays);
    },
  };
}

/** What objectives read: pairs, or else pictures, texts or both. */
function modalitiesOf(c: PretrainConfig) {
  const { paired, alone } = apart(c);
  const pairs = Object.keys(paired).length > 0;
  const { mlm, ...ofPictures } = alone;
  return {
    pairs,
    pictures: pairs || Object.keys(ofPictures).length > 0,
    texts: pairs || mlm !== undefined,
  };
}

async function examplesOf(
  dataset: PictureDataset,
  { split, indices, first, key, training }: Selection,
  reads: ReturnType<typeof modalitiesOf>,
): Promise<{ pictures: readonly Picture[] | undefined; texts: readonly string[] | undefined }> {
  if (reads.pairs) {
    const captionsOf = needForm(dataset, "captions", "task pretrain");
    const examples = await Promise.all(indices.map((index) => captionsOf(split, index)));
    return {
      pictures: examples.map(({ picture }) => picture),
      texts: examples.map((example, row) =>
        chosenCaption(example, training ? rng(key, "caption", first + row) : undefined),
      ),
    };
  }
  const all = async <T>(form: (split: string, index: number) => Promise<T>) =>
    Promise.all(indices.map((index) => form(split, index)));
  return {
    pictures: reads.pictures ? await all(needForm(dataset, "pictures", "task pretrain")) : undefined,
    texts: reads.texts ? await all(needForm(dataset, "texts", "task pretrain")) : undefined,
  };
}
