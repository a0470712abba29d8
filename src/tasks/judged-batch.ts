import { fail } from "../core/errors.ts";
import { foldKey } from "../core/rng.ts";
import { type JudgedText, needForm, type PictureDataset } from "../datasets/contracts.ts";
import { fillPictures, pictureType } from "./pictures.ts";
import type { BatchPlan, Sizes } from "./task.ts";

/** How texts are judged: where they come from, what can be said of them, by how many pictures. */
export interface Judging {
  /** Name of the task, for messages. */
  readonly task: string;
  readonly form: "statements" | "hypotheses" | "memes";
  /** The index is the class. */
  readonly verdicts: readonly string[];
  readonly pictures: number;
}

/** The texts of a data set in the form that is judged. @throws BifocalError when it has none. */
export function judgedTexts(
  dataset: PictureDataset,
  { task, form, verdicts }: Judging,
): (split: string, index: number) => Promise<JudgedText> {
  if (form !== "memes") return needForm(dataset, form, `task ${task}`);
  const memeAt = needForm(dataset, form, `task ${task}`);
  return async (split, index) => {
    const { id, text, picture, hateful } = await memeAt(split, index);
    const answer = hateful === undefined ? "" : verdicts[Number(hateful)]!;
    return { id, question: text, answer, kind: "all", pictures: [picture] };
  };
}

/** B texts; of their pictures u8[K*B,S,S,3] all first ones come before all second ones. */
export function judgedBatch(judging: Judging, sizes: Sizes): BatchPlan {
  const { form, verdicts, pictures } = judging;
  const { batch, textLength } = sizes;
  return {
    form,
    types: {
      image: pictureType(pictures * batch, sizes),
      ids: { dtype: "i32", shape: [batch, textLength] },
      keep: { dtype: "bool", shape: [batch, textLength] },
      verdicts: { dtype: "i32", shape: [batch] },
    },
    fill: async ({ dataset, tokenizer }, { split, indices, first, key, training }, arrays) => {
      const textOf = judgedTexts(dataset, judging);
      const judged = await Promise.all(indices.map((index) => textOf(split, index)));
      const shown = Array.from({ length: pictures }, (_, k) =>
        judged.map((text) => text.pictures[k]!),
      ).flat();
      await fillPictures(arrays.image!, sizes, shown, (place) =>
        training ? foldKey(key, "image", first + (place % batch), Math.floor(place / batch)) : undefined,
      );
      const texts = judged.map(({ question }) => question);
      const tokens = await tokenizer.encode(texts, { length: textLength, tooLong: dataset.longTexts });
      arrays.ids!.set(tokens.ids);
      arrays.keep!.set(tokens.keep);
      // What is held back is never read: no loss is asked of these rows.
      const isRead = ({ answer }: JudgedText) => training || answer !== "";
      arrays.verdicts!.set(
        judged.map((text) => (isRead(text) ? classOf(verdicts, text.question, text.answer) : 0)),
      );
    },
  };
}

/** Index of an answer. @throws BifocalError when it is none of `answers`. */
export function classOf(answers: readonly string[], question: string, answer: string): number {
  const index = answers.indexOf(answer);
  if (index < 0) fail("data", `"${question}"`, { expected: `one of ${answers.join(", ")}`, got: answer });
  return index;
}
