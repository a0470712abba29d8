/** A token that is cut out of a text before the model sees it, with the fields of a `tokenizer.json`. */
export interface AddedToken {
  readonly content: string;
  readonly single_word: boolean;
  /** Whitespace before it belongs to it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Looked for after the text is normalized instead of before. */
  readonly normalized: boolean;
  /** Left out by `decode`. */
  readonly special: boolean;
}

/** A special token, found in the text as it is unless `flags` say otherwise. */
export function specialToken(content: string, flags: Partial<AddedToken> = {}): AddedToken {
  const plain = { single_word: false, lstrip: false, rstrip: false, normalized: false };
  return { ...plain, ...flags, content, special: true };
}

/** What transformers calls the special tokens, in the order in which it gives ids to those that have none. */
export const tokenRoles = [
  "bos_token",
  "eos_token",
  "unk_token",
  "sep_token",
  "pad_token",
  "cls_token",
  "mask_token",
] as const;

/** Names a special token in `tokenizer_config.json`. */
export type TokenRole = (typeof tokenRoles)[number];
