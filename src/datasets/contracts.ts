/** A question about a picture with its one right answer. */
export interface AskedQuestion {
  readonly question: string;
  readonly answer: string;
  /** Questions of one form share a kind. */
  readonly kind: string;
}

/** Draws a picture: sRGB u8[imageSize, imageSize, 3]; with `augment`, varied by that key. */
export type Picture = (imageSize: number, augment?: number) => Uint8Array;

/** A text and the pictures that decide whether it is true: `question` is the text, `answer` the verdict. */
export interface JudgedText extends AskedQuestion {
  readonly pictures: readonly Picture[];
}

/** A part of a picture, in fractions of its sides; the origin is the top left corner. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** An expression that fits one thing in a picture, among the boxes of all. */
export interface ReferredBox {
  readonly expression: string;
  /** Expressions of one form share a kind. */
  readonly kind: string;
  readonly picture: Picture;
  readonly boxes: readonly Box[];
  /** Index of the box that is meant. */
  readonly target: number;
}

/** Pictures with texts of several forms. No tensors, no tokens, no augmentation unless asked. */
export interface PictureDataset {
  /** Every answer there is; the index is the class. */
  readonly answers: readonly string[];
  /** Number of pictures by split, and of examples of every other form. */
  readonly splits: Readonly<Record<string, number>>;
  /** sRGB u8[imageSize, imageSize, 3]; with `augment`, varied by that key. */
  image(split: string, index: number, imageSize: number, augment?: number): Uint8Array;
  captions(split: string, index: number): readonly string[];
  /** The first `n` questions of a picture. */
  questions(split: string, index: number, n: number): readonly AskedQuestion[];
  /** A statement about two pictures: "true" or "false". */
  statement(split: string, index: number): JudgedText;
  /** A hypothesis about one picture: "contradiction", "neutral" or "entailment". */
  hypothesis(split: string, index: number): JudgedText;
  reference(split: string, index: number): ReferredBox;
  /** The examples of a training batch by step and seed, where they are not all of the split in one shuffled order. */
  draw?(split: string, step: number, batch: number, seed: number): number[];
}
