import { z } from "zod";

/** Ids by role; one token may have several roles. */
export interface SpecialIds {
  readonly pad: number;
  readonly unknown: number | undefined;
  /** What stands before every text. */
  readonly start: number | undefined;
  /** What stands behind every text. */
  readonly end: number | undefined;
  readonly mask: number | undefined;
}

/** What BERT, RoBERTa and CLIP call the tokens that a `tokenizer.json` does not point out. CLIP pads with its end token. */
const usualNames = {
  pad: ["[PAD]", "<pad>", "<|endoftext|>"],
  unknown: ["[UNK]", "<unk>"],
  mask: ["[MASK]", "<mask>"],
};

const step = z.looseObject({ SpecialToken: z.looseObject({ id: z.string() }).optional() });
const pair = z.tuple([z.string(), z.number()]);
const processor = z.looseObject({
  single: z.array(step).optional(),
  cls: pair.optional(),
  sep: pair.optional(),
});
const file = z.looseObject({
  padding: z.looseObject({ pad_token: z.string().optional() }).nullish(),
  added_tokens: z.array(z.looseObject({ content: z.string() })).optional(),
  post_processor: z.looseObject({ ...processor.shape, processors: z.array(processor).optional() }).nullish(),
  model: z.looseObject({
    unk_token: z.string().nullish(),
    unk_id: z.number().nullish(),
    vocab: z.unknown(),
  }),
});

/**
 * The roles of the special tokens in a `tokenizer.json`: padding and unknown where the file says so, start and end
 * from what it puts around a text, the others by the usual names, and any added token with "mask" in its name.
 * `pad` is undefined where nothing pads; every token is undefined where `value` is no tokenizer.
 */
export function specialIds(
  value: unknown,
  idOf: (token: string) => number | null,
): Omit<SpecialIds, "pad"> & { readonly pad: number | undefined } {
  const json = file.safeParse(value).data;
  const find = (names: readonly (string | null | undefined)[]): number | undefined =>
    names.map((name) => (typeof name === "string" ? idOf(name) : null)).find((id) => id !== null) ??
    undefined;
  const { start, end } = around(json);
  const masks = json?.added_tokens?.map(({ content }) => content).filter((name) => /mask/i.test(name)) ?? [];
  return {
    pad: find([json?.padding?.pad_token, ...usualNames.pad]),
    unknown: find([json?.model.unk_token, ...usualNames.unknown]) ?? json?.model.unk_id ?? undefined,
    start: find([start]),
    end: find([end]),
    mask: find([...usualNames.mask, ...masks]),
  };
}

/** The tokens before and behind a text, by the template or by RoBERTa's pair of tokens. */
function around(json: z.infer<typeof file> | undefined): { start?: string; end?: string } {
  const outer = json?.post_processor;
  for (const inner of outer?.processors ?? [outer]) {
    if (inner?.cls !== undefined && inner.sep !== undefined)
      return { start: inner.cls[0], end: inner.sep[0] };
    if (inner?.single === undefined) continue;
    const text = inner.single.findIndex((part) => part.SpecialToken === undefined);
    const names = inner.single.map((part) => part.SpecialToken?.id);
    const [start, end] = [names.slice(0, text)[0], names.slice(text + 1)[0]];
    return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
  }
  return {};
}
