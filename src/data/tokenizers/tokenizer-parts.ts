import type { AddedToken } from "./added-token.ts";

/** A node of a `tokenizer.json`; Hugging Face's tokenizers library gives it its meaning. */
export type TokenizerNode = Readonly<Record<string, unknown>>;

/** What a `tokenizer.json` is made of besides its special tokens. */
export interface TokenizerParts {
  readonly normalizer: TokenizerNode | null;
  readonly preTokenizer: TokenizerNode;
  readonly decoder: TokenizerNode;
  readonly model: TokenizerNode;
  /** The ids of the model's tokens. */
  readonly ids: ReadonlyMap<string, number>;
  /** Special tokens that the vocabulary's own file declares. */
  readonly special: readonly string[];
  /** Puts the special tokens around a text, given the ids of all tokens. */
  readonly postProcessor: (ids: ReadonlyMap<string, number>) => TokenizerNode;
}

/** The token that fills a batch. */
export interface PadToken {
  readonly content: string;
  readonly id: number;
}

/** The text of a `tokenizer.json`. Tokens without an id get the next ones, in the given order. */
export function tokenizerJson(parts: TokenizerParts, added: readonly AddedToken[], pad?: PadToken): string {
  const { ids, entries } = withIds(added, parts.ids);
  const json = {
    version: "1.0",
    truncation: null,
    padding: pad === undefined ? null : paddingNode(pad),
    added_tokens: entries,
    normalizer: parts.normalizer,
    pre_tokenizer: parts.preTokenizer,
    post_processor: parts.postProcessor(ids),
    decoder: parts.decoder,
    model: parts.model,
  };
  return `${JSON.stringify(json)}\n`;
}

/** Added tokens with their ids, by rising id, and the vocabulary with them. Of two of one name the first stays. */
export function withIds(added: readonly AddedToken[], vocabulary: ReadonlyMap<string, number>) {
  const ids = new Map(vocabulary);
  let next = ids.size;
  const entries = new Map<string, AddedToken & { readonly id: number }>();
  for (const token of added) {
    if (entries.has(token.content)) continue;
    const id = ids.get(token.content) ?? next++;
    ids.set(token.content, id);
    entries.set(token.content, { id, ...token });
  }
  return { ids, entries: [...entries.values()].sort((a, b) => a.id - b.id) };
}

/** Says which token pads; how far is the caller's business. */
export function paddingNode({ content, id }: PadToken): TokenizerNode {
  return {
    strategy: "BatchLongest",
    direction: "Right",
    pad_to_multiple_of: null,
    pad_id: id,
    pad_type_id: 0,
    pad_token: content,
  };
}

/**
 * "start A end", and "start A end B end" for a pair, whose second text has `secondType`;
 * `doubled` ends the first text of a pair twice.
 */
export function template(
  ids: ReadonlyMap<string, number>,
  start: string | undefined,
  end: string,
  { secondType, doubled }: { readonly secondType: 0 | 1; readonly doubled: boolean },
): TokenizerNode {
  const token = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const text = (id: "A" | "B", type_id: number) => ({ Sequence: { id, type_id } });
  const single = [...(start === undefined ? [] : [token(start, 0)]), text("A", 0), token(end, 0)];
  const middle = doubled ? [token(end, 0)] : [];
  return {
    type: "TemplateProcessing",
    single,
    pair: [...single, ...middle, text("B", secondType), token(end, secondType)],
    special_tokens: Object.fromEntries(
      [start, end].flatMap((id) =>
        id === undefined ? [] : [[id, { id, ids: [ids.get(id)!], tokens: [id] }]],
      ),
    ),
  };
}
