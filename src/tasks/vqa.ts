/**
 * Visual question answering as classification over a closed set of answers (Goyal et al. 2017, arXiv:1612.00837;
 * classifier as in ViLT, Kim et al. 2021, arXiv:2102.03334, section 4.3). Several questions share a picture, which is
 * encoded once. Selection: accuracy on the validation split.
 */
import { fail } from "../core/errors.ts";
import { foldKey } from "../core/rng.ts";
import { type AskedQuestion, needForm } from "../datasets/contracts.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { DualModel, FusionModel } from "../models/contracts.ts";
import { needFusion } from "../models/index.ts";
import { mapImages, repeatRows } from "../models/rows.ts";
import type { Scope } from "../nn/scope.ts";
import { classify } from "../objectives/classify.ts";
import { fillPictures, imageInput, pictureType } from "./pictures.ts";
import type { BatchPlan, Primary, Sizes, TaskOutput } from "./task.ts";

/** 1 to 16 questions are asked about each picture of a batch. */
export interface VqaConfig {
  readonly questionsPerImage: number;
  /** Between the two layers of the answer head; twice the fused summary's when absent. METER: twice the fusion's. */
  readonly headWidth?: number | undefined;
}

/** Share of questions answered right, in [0, 1]. */
export const vqaPrimary: Primary = { metric: "accuracy", better: "higher" };

/** Declares the answer head; returns the logits and the loss of a batch. */
export function vqa(at: Scope, anyModel: DualModel | FusionModel, c: VqaConfig, sizes: Sizes) {
  const model = needFusion(anyModel, "task vqa");
  const head = classify(at.in("answer"), {
    width: model.fusedWidths.pooled,
    classes: sizes.answers,
    hidden: c.headWidth,
  });

  /** Questions i32[B*Q,T] about pictures u8[B,S,S,3], picture by picture: logits f32[B*Q,A] and word-to-patch attention. */
  const answer = (batch: Readonly<Record<string, Tensor>>) => {
    const image = model.encodeImage(imageInput(batch.image!, model.colours, sizes));
    const text = model.encodeText({ ids: batch.ids!, keep: batch.keep! });
    const fused = model.fuse(
      mapImages(image, (rows) => repeatRows(rows, c.questionsPerImage)),
      text,
    );
    return { logits: head.logits(fused), attention: fused.attention };
  };
  const loss = (batch: Readonly<Record<string, Tensor>>): TaskOutput => {
    const { logits } = answer(batch);
    const { loss: nats, metrics } = sizes.weighedAnswers
      ? head.weighedLoss(logits, batch.answers!)
      : head.loss(logits, batch.answers!);
    return { loss: nats, metrics };
  };
  return { kind: "vqa" as const, model, logits: head.logits, answer, loss };
}

/** Class of a question's answer; the first where it is held back or unknown, which only evaluation may see. */
function classOf(
  places: ReadonlyMap<string, number>,
  { question, answer }: AskedQuestion,
  training: boolean,
): number {
  const place = places.get(answer);
  if (place === undefined && training)
    fail("data", `"${question}"`, { expected: `one of ${places.size} answers`, got: `"${answer}"` });
  return place ?? 0;
}

/** B pictures with Q questions each. */
export function vqaBatch(c: VqaConfig, sizes: Sizes): BatchPlan {
  const { batch, textLength, answers, weighedAnswers = false } = sizes;
  const questions = batch * c.questionsPerImage;
  return {
    form: "questions",
    types: {
      image: pictureType(batch, sizes),
      ids: { dtype: "i32", shape: [questions, textLength] },
      keep: { dtype: "bool", shape: [questions, textLength] },
      answers: weighedAnswers
        ? { dtype: "f32", shape: [questions, answers] }
        : { dtype: "i32", shape: [questions] },
    },
    fill: async ({ dataset, tokenizer }, { split, indices, first, key, training }, arrays) => {
      const questionsOf = needForm(dataset, "questions", "task vqa");
      const pictures = await Promise.all(
        indices.map((index) => questionsOf(split, index, c.questionsPerImage)),
      );
      await fillPictures(
        arrays.image!,
        sizes,
        pictures.map(({ picture }) => picture),
        (row) => (training ? foldKey(key, "image", first + row) : undefined),
      );
      const asked = pictures.flatMap(({ questions }) => questions);
      const texts = asked.map(({ question }) => question);
      const tokens = await tokenizer.encode(texts, { length: textLength, tooLong: dataset.longTexts });
      arrays.ids!.set(tokens.ids);
      arrays.keep!.set(tokens.keep);
      const places = new Map(dataset.answers.map((answer, place) => [answer, place]));
      if (!weighedAnswers) {
        arrays.answers!.set(asked.map((question) => classOf(places, question, training)));
        return;
      }
      arrays.answers!.fill(0);
      asked.forEach(({ answer, scores = [{ answer, score: 1 }] }, row) => {
        for (const scored of scores) {
          const place = places.get(scored.answer);
          if (place !== undefined) arrays.answers![row * answers + place] = scored.score;
        }
      });
    },
  };
}
