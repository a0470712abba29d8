/** What a data set is opened for. */
export interface DataUse {
  /** Splits by the names a run knows; those it lacks are left out. */
  readonly splits: readonly string[];
  /** Questions none of whose answers a model can give teach nothing and are left out; evaluation counts them. */
  readonly training: boolean;
  /** Says nothing of examples that are left out: it is said when they are opened for use. */
  readonly quiet?: boolean;
  /** The answers of a run that is there already. */
  readonly answers?: readonly string[] | undefined;
  /** The VQA benchmark's normalisation of an answer. */
  readonly normalizeAnswer: (answer: string) => string;
}

/** Files of pictures to pixels. */
export interface PictureDecoder {
  /**
   * sRGB u8[imageSize, imageSize, 3], or what a transform makes that keeps a picture's shape; with a key varied by it.
   * @throws BifocalError "data" for what is no picture.
   */
  pixels(bytes: Uint8Array, where: string, imageSize: number, key: number | undefined): Promise<Uint8Array>;
  /** The picture as it is. @throws BifocalError "data" for what is no picture. */
  whole(
    bytes: Uint8Array,
    where: string,
  ): Promise<{ readonly data: Uint8Array; readonly height: number; readonly width: number }>;
}
