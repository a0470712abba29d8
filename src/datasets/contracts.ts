/** A question about a picture with its one right answer. */
export interface AskedQuestion {
  readonly question: string;
  readonly answer: string;
  /** Questions of one form share a kind. */
  readonly kind: string;
}

/** Pictures with captions and questions. No tensors, no tokens, no augmentation unless asked. */
export interface PictureDataset {
  /** Every answer there is; the index is the class. */
  readonly answers: readonly string[];
  /** Number of pictures by split. */
  readonly splits: Readonly<Record<string, number>>;
  /** sRGB u8[imageSize, imageSize, 3]; with `augment`, varied by that key. */
  image(split: string, index: number, imageSize: number, augment?: number): Uint8Array;
  captions(split: string, index: number): readonly string[];
  /** The first `n` questions of a picture. */
  questions(split: string, index: number, n: number): readonly AskedQuestion[];
}
