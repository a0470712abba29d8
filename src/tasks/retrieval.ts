/**
 * Fine-tuning to find texts for pictures and pictures for texts. Three ways, by what compares the two:
 * - `rank`: the fusion ranks a picture's text before random other ones (ViLT: Kim et al. 2021, arXiv:2102.03334, section
 *   4.3). Differs: the original copies the match column of the matching head to a new head; here that column is the score.
 * - `match`: contrast of the towers and matching with hard negatives (BridgeTower: Xu et al. 2023, arXiv:2206.08657).
 * - `contrast`: the towers alone (VLMo: Bao et al. 2022, arXiv:2111.02358, section 3.3).
 * Heads have the names of pretraining and go on from there. Selection: the loss on the validation split.
 */
import { fail } from "../core/errors.ts";
import { foldKey, rng } from "../core/rng.ts";
import { needForm, type PictureDataset } from "../datasets/contracts.ts";
import { crossEntropy } from "../graph/functions.ts";
import { held } from "../graph/share.ts";
import { full, type Tensor } from "../graph/tensor.ts";
import { inParts } from "../graph/trace.ts";
import type { DualModel, FusionModel } from "../models/contracts.ts";
import { needFusion } from "../models/index.ts";
import { mapImages, mapTexts, repeatRows } from "../models/rows.ts";
import type { Scope } from "../nn/scope.ts";
import { hardPairs, itm } from "../objectives/itm.ts";
import { chosenCaption } from "./chosen-caption.ts";
import { fillPictures, imageInput, pictureType } from "./pictures.ts";
import { modelContrast } from "./pretrain/contrast.ts";
import type { BatchPlan, Primary, Sizes, TaskOutput } from "./task.ts";

/** `textsPerImage` counts a picture's own text and random ones, 16 in ViLT; `width` is that of the common space. */
export type RetrievalConfig =
  | { readonly by: "rank"; readonly textsPerImage: number }
  | { readonly by: "match" | "contrast"; readonly width: number };

/** In nats. */
export const retrievalPrimary: Primary = { metric: "loss", better: "lower" };

/** Declares the heads; returns them and the loss of a batch. */
export function retrieval(at: Scope, model: DualModel | FusionModel, c: RetrievalConfig, sizes: Sizes) {
  const fusion = c.by === "contrast" ? undefined : needFusion(model, "task retrieval");
  const matching = fusion && itm(at.in("itm"), { width: fusion.fusedWidths.pooled });
  const contrast = c.by === "rank" ? undefined : modelContrast(at, model, c.width);

  const loss = (batch: Readonly<Record<string, Tensor>>): TaskOutput => {
    const image = model.encodeImage(imageInput(batch.image!, model.colours, sizes));
    const text = model.encodeText({ ids: batch.ids!, keep: batch.keep! });
    if (c.by === "rank") {
      const pictures = mapImages(image, (rows) => repeatRows(rows, c.textsPerImage));
      const match = matching!.logits(fusion!.fuse(pictures, text)).at(1, 1);
      const scores = match.reshape([-1, c.textsPerImage]);
      const own = full(0, "i32", [scores.shape[0]!]);
      return {
        loss: crossEntropy(scores, own).mean(0),
        metrics: { accuracy: scores.argmax().equal(own).cast("f32").mean(0) },
      };
    }
    const apart = contrast!.loss(image, text);
    if (fusion === undefined) return { loss: apart.loss, metrics: apart.metrics };
    const pairs = hardPairs(mapImages(image, held), mapTexts(text, held), apart.similarities);
    const fused = inParts(pairs.parts, () => fusion.fuse(pairs.image, pairs.text));
    const together = matching!.loss(fused, pairs.labels);
    return {
      loss: apart.loss.add(together.loss),
      metrics: {
        "itc/loss": apart.loss,
        "itc/accuracy": apart.metrics.accuracy!,
        "itm/loss": together.loss,
        "itm/accuracy": together.metrics.accuracy!,
      },
    };
  };
  return { kind: "retrieval" as const, model, matching, contrast: contrast?.contrast, loss };
}

/** B pictures with their texts, one each or, picture by picture, its own and then random ones of other pictures. */
export function retrievalBatch(c: RetrievalConfig, sizes: Sizes): BatchPlan {
  const { batch, textLength } = sizes;
  const each = c.by === "rank" ? c.textsPerImage : 1;
  return {
    form: "captions",
    types: {
      image: pictureType(batch, sizes),
      ids: { dtype: "i32", shape: [batch * each, textLength] },
      keep: { dtype: "bool", shape: [batch * each, textLength] },
    },
    fill: async ({ dataset, tokenizer }, { split, indices, first, key, training }, arrays) => {
      const captionsOf = needForm(dataset, "captions", "task retrieval");
      const examples = await Promise.all(indices.map((index) => captionsOf(split, index)));
      await fillPictures(
        arrays.image!,
        sizes,
        examples.map(({ picture }) => picture),
        (row) => (training ? foldKey(key, "image", first + row) : undefined),
      );
      const texts = await Promise.all(
        examples.map(async (example, row) => {
          const own = chosenCaption(example, training ? rng(key, "caption", first + row) : undefined);
          const others = foldKey(key, "others", first + row);
          return [own, ...(await otherTexts(dataset, split, example.captions, each - 1, others))];
        }),
      );
      const tokens = await tokenizer.encode(texts.flat(), { length: textLength, tooLong: dataset.longTexts });
      arrays.ids!.set(tokens.ids);
      arrays.keep!.set(tokens.keep);
    },
  };
}

/** Random captions of the split that are none of `own`. */
async function otherTexts(
  dataset: PictureDataset,
  split: string,
  own: readonly string[],
  n: number,
  key: number,
): Promise<string[]> {
  const captionsOf = needForm(dataset, "captions", "task retrieval");
  const draw = rng(key);
  const found: string[] = [];
  for (let tries = 0; found.length < n; tries++) {
    if (tries > 100 * (n + 1)) {
      fail("data", `${dataset.name}, split ${split}`, {
        expected: "captions that other pictures do not have",
        got: `the same ones in ${tries} draws`,
        todo: "check the data, or take a larger split",
      });
    }
    const text = chosenCaption(await captionsOf(split, draw.integer(dataset.splits[split]!)), draw);
    if (!own.includes(text)) found.push(text);
  }
  return found;
}
