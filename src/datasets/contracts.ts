import { fail } from "../core/index.ts";

/**
 * What every data set gives, drawn or read from disk: pictures and texts in one form or several. No tensors, no tokens,
 * no augmentation unless asked.
 */

/** A picture that is drawn, or read and decoded, when it is asked for. */
export interface Picture {
  /** As the data set names it; submissions and results use it. */
  readonly id: string;
  /**
   * sRGB u8[imageSize, imageSize, 3], or what the transform of pictures in files makes of sides of `imageSize`; with
   * `augment`, varied by that key.
   * @throws BifocalError "data" when it cannot be read.
   */
  pixels(imageSize: number, augment?: number): Promise<Uint8Array>;
}

/** A picture with sentences that describe it; none where they are held back. */
export interface CaptionedPicture {
  readonly picture: Picture;
  readonly captions: readonly string[];
}

/** A question about a picture with the answer that counts as right. */
export interface AskedQuestion {
  readonly question: string;
  /** What exact match compares with: of several annotators' answers the commonest; empty where answers are held back. */
  readonly answer: string;
  /** Questions of one form share a kind. */
  readonly kind: string;
  /** As submissions name it. */
  readonly id?: string;
  /** What every annotator wrote, unchanged. */
  readonly annotators?: readonly string[];
  /** The kind of answer, where the data set tells it apart: "yes/no", "number", "other". */
  readonly answerType?: string;
  /** Answers and how right they are, in (0, 1]; `answer` alone where absent. */
  readonly scores?: readonly ScoredAnswer[];
}

/** How right an answer is, in (0, 1]. */
export interface ScoredAnswer {
  readonly answer: string;
  readonly score: number;
}

/** A picture and questions about it. */
export interface AskedPicture {
  readonly picture: Picture;
  readonly questions: readonly AskedQuestion[];
}

/** A text and the pictures that decide whether it is true: `question` is the text, `answer` the verdict. */
export interface JudgedText extends AskedQuestion {
  readonly pictures: readonly Picture[];
}

/** A part of a picture, from its top left corner; in pixels of a stored picture, in fractions of a drawn one's sides. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A picture that boxes are cut out of, sRGB u8[height, width, 3]. */
export interface WholePicture {
  readonly data: Uint8Array;
  readonly height: number;
  readonly width: number;
  /** Pixels of one unit of the boxes, across and down. */
  readonly unit: readonly [x: number, y: number];
}

/** An expression that fits one thing in a picture, among the boxes of all. */
export interface ReferredBox {
  readonly expression: string;
  /** Expressions of one form share a kind. */
  readonly kind: string;
  readonly id?: string;
  /** The picture, large enough that cut-outs of `imageSize` have detail of their own; with `augment`, varied by that key. */
  whole(imageSize: number, augment?: number): Promise<WholePicture>;
  readonly boxes: readonly Box[];
  /** Index of the box that is meant. */
  readonly target: number;
}

/** A picture of one class. */
export interface ClassedPicture {
  readonly picture: Picture;
  /** One of the data set's answers. */
  readonly label: string;
}

/** A meme and the text on it. */
export interface Meme {
  readonly picture: Picture;
  readonly id: string;
  readonly text: string;
  /** Absent where it is held back. */
  readonly hateful?: boolean;
}

/** One or two sentences with a label or a score; neither where they are held back. */
export interface LabelledSentences {
  readonly id: string;
  readonly sentences: readonly [string] | readonly [string, string];
  readonly label?: string;
  readonly score?: number;
}

/** What can be asked about example `index` of a split, by the name of the form. */
export interface Forms {
  pictures(split: string, index: number): Promise<Picture>;
  captions(split: string, index: number): Promise<CaptionedPicture>;
  /** The first `n` questions of a picture, all there are where `most` of the data set says fewer. */
  questions(split: string, index: number, n: number): Promise<AskedPicture>;
  /** A statement about two pictures: "true" or "false". */
  statements(split: string, index: number): Promise<JudgedText>;
  /** A hypothesis about one picture: "contradiction", "neutral" or "entailment". */
  hypotheses(split: string, index: number): Promise<JudgedText>;
  references(split: string, index: number): Promise<ReferredBox>;
  classes(split: string, index: number): Promise<ClassedPicture>;
  memes(split: string, index: number): Promise<Meme>;
  sentences(split: string, index: number): Promise<LabelledSentences>;
  /** A text without a picture. */
  texts(split: string, index: number): Promise<string>;
}

/** The name of a form. */
export type FormName = keyof Forms;

/** Examples by split, in the forms it has. */
export interface PictureDataset {
  /** As recipes name it, for messages. */
  readonly name: string;
  /** Number of examples by split. */
  readonly splits: Readonly<Record<string, number>>;
  /** Every answer or label that a model chooses from, the index is the class; empty where it chooses from none. */
  readonly answers: readonly string[];
  readonly forms: Readonly<Partial<Forms>>;
  /** Most questions of one example; absent where there are as many as one asks for. */
  readonly questionsPerImage?: number;
  /** What becomes of texts that have more tokens than a run reads; "error" where they are of known length. */
  readonly longTexts: "error" | "truncate";
  /** The examples of a training batch by step and seed, where they are not all of the split in one shuffled order. */
  draw?(split: string, step: number, batch: number, seed: number): number[];
}

/** The form that a task, or whatever `asker` names, reads. @throws BifocalError "config" when the data set has none such. */
export function needForm<F extends FormName>(
  { name, forms }: Pick<PictureDataset, "name" | "forms">,
  form: F,
  asker: string,
): Forms[F] {
  const found: Partial<Forms>[F] = forms[form];
  if (found !== undefined) return found;
  const has = Object.keys(forms).filter((other) => other !== "pictures");
  return fail("config", asker, {
    expected: `a data set with ${form}`,
    got: `${name} with ${has.join(", ") || "pictures alone"}`,
    todo: "choose another data set or another task",
  });
}
