/** A caption beside what people wrote of the same picture, at least one; scores take both tokenized. */
export interface Captioned {
  readonly caption: string;
  readonly references: readonly string[];
}
