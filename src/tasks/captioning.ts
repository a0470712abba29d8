/**
 * Captioning: a decoder writes what a picture shows, word by word (Vinyals et al. 2015, arXiv:1411.4555; captions of COCO:
 * Chen et al. 2015, arXiv:1504.00325). The text beside the picture is empty. Trained by teacher forcing: each token is
 * guessed from the true ones before it. Selection: the loss on the validation split; captions are scored when a run is
 * evaluated.
 */
import { foldKey, rng } from "../core/rng.ts";
import { dictation } from "../data/dictation.ts";
import type { TokenBatch, Tokenizer } from "../data/tokenizers/tokenizer.ts";
import { needForm } from "../datasets/contracts.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { DecoderSource, DualModel, FusionModel } from "../models/contracts.ts";
import { needDecoder } from "../models/index.ts";
import { lm } from "../objectives/lm.ts";
import { chosenCaption } from "./chosen-caption.ts";
import { fillPictures, imageInput, pictureType } from "./pictures.ts";
import type { BatchPlan, Primary, Sizes, TaskOutput } from "./task.ts";

/** In nats a token. */
export const captioningPrimary: Primary = { metric: "loss", better: "lower" };

/** Tokens of the empty text: what the tokenizer puts around one. */
export const emptyLength = 2;

/** What stands beside `count` pictures: ids i32[count,2]. */
export function emptyTexts(tokenizer: Tokenizer, count: number): Promise<TokenBatch> {
  const texts = Array.from({ length: count }, () => "");
  return tokenizer.encode(texts, { length: emptyLength, tooLong: "error" });
}

/** There is no head: the decoder is the model's. */
export function captioning(anyModel: DualModel | FusionModel, sizes: Sizes) {
  const model = needDecoder(anyModel, "task captioning");
  /** Pictures u8[B,S,S,3] with the empty text, ids i32[B,2] and its mask. */
  const read = (batch: Readonly<Record<string, Tensor>>): DecoderSource => {
    const image = model.encodeImage(imageInput(batch.image!, model.colours, sizes));
    return model.decoder.read(image, model.encodeText({ ids: batch.ids!, keep: batch.keep! }));
  };
  const loss = (batch: Readonly<Record<string, Tensor>>): TaskOutput =>
    lm(model.decoder.write(batch.inputs!, read(batch)), {
      labels: batch.labels!,
      weights: batch.weights!,
    });
  return { kind: "captioning" as const, model, read, write: model.decoder.write, loss };
}

/** B pictures, each with the empty text and one caption to be written, U = T - 1 tokens with its end. */
export function captioningBatch(sizes: Sizes): BatchPlan {
  const { batch, textLength } = sizes;
  const U = textLength - 1;
  return {
    form: "captions",
    types: {
      image: pictureType(batch, sizes),
      ids: { dtype: "i32", shape: [batch, emptyLength] },
      keep: { dtype: "bool", shape: [batch, emptyLength] },
      inputs: { dtype: "i32", shape: [batch, U] },
      labels: { dtype: "i32", shape: [batch, U] },
      weights: { dtype: "f32", shape: [batch, U] },
    },
    fill: async ({ dataset, tokenizer }, { split, indices, first, key, training }, arrays) => {
      const captionsOf = needForm(dataset, "captions", "task captioning");
      const examples = await Promise.all(indices.map((index) => captionsOf(split, index)));
      await fillPictures(
        arrays.image!,
        sizes,
        examples.map(({ picture }) => picture),
        (row) => (training ? foldKey(key, "image", first + row) : undefined),
      );
      const captions = examples.map((example, row) =>
        chosenCaption(example, training ? rng(key, "caption", first + row) : undefined),
      );
      const empty = await emptyTexts(tokenizer, batch);
      arrays.ids!.set(empty.ids);
      arrays.keep!.set(empty.keep);
      const { special } = tokenizer;
      const tokens = await tokenizer.encode(captions, { length: textLength, tooLong: dataset.longTexts });
      arrays.inputs!.fill(special.pad);
      arrays.labels!.fill(special.pad);
      arrays.weights!.fill(0);
      for (let row = 0; row < batch; row++) {
        const at = row * textLength;
        const own = tokens.ids.subarray(at, at + textLength).filter((_, i) => tokens.words[at + i]! >= 0);
        const { inputs, labels } = dictation([...own], special);
        arrays.inputs!.set(inputs, row * U);
        arrays.labels!.set(labels, row * U);
        arrays.weights!.fill(1, row * U, row * U + labels.length);
      }
    },
  };
}
