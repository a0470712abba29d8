import type { Rng } from "../core/rng.ts";

/** How much of a text is hidden. */
export interface SpanOptions {
  /** Share of the tokens that are no specials. */
  readonly rate: number;
  /** Mean length of a hidden span, in tokens, at least 1. */
  readonly length: number;
}

/** A text of which spans are hidden, and what a decoder is to write. */
export interface Corrupted {
  /** The text with a sentinel for every span. */
  readonly seen: readonly number[];
  /** Every span behind its sentinel. */
  readonly hidden: readonly number[];
}

/** Hidden tokens and spans of a text of so many tokens, specials not counted. */
export function spanCounts(tokens: number, { rate, length }: SpanOptions): { hidden: number; spans: number } {
  if (tokens === 0) return { hidden: 0, spans: 0 };
  const hidden = Math.max(1, Math.min(Math.round(tokens * rate), tokens - 1));
  // Between two spans there is a token at least.
  const spans = Math.min(Math.max(1, Math.round(hidden / length)), tokens - hidden + 1);
  return { hidden, spans };
}

/**
 * Replaces spans of a text by sentinels, the first by `sentinel(0)` and so on (Raffel et al. 2020, T5, arXiv:1910.10683,
 * sections 3.1.4 and 3.3.4: how many tokens and spans is fixed by rate and mean length, their lengths and places are random).
 * Differs: T5's code always hides the last token and never the first; here spans lie anywhere.
 */
export function corruptSpans(
  tokens: readonly number[],
  options: SpanOptions,
  sentinel: (span: number) => number,
  random: Rng,
): Corrupted {
  const { hidden: count, spans } = spanCounts(tokens.length, options);
  if (spans === 0) return { seen: tokens, hidden: [] };
  const lengths = parts(count - spans, spans, random).map((length) => length + 1);
  const gaps = parts(tokens.length - count - (spans - 1), spans + 1, random);
  const seen: number[] = [];
  const hidden: number[] = [];
  let next = 0;
  for (const [i, length] of lengths.entries()) {
    const start = next + gaps[i]! + (i === 0 ? 0 : 1);
    seen.push(...tokens.slice(next, start), sentinel(i));
    hidden.push(sentinel(i), ...tokens.slice(start, start + length));
    next = start + length;
  }
  seen.push(...tokens.slice(next));
  return { seen, hidden };
}

/** `count` whole numbers of at least 0 that sum to `total`, every way equally likely. */
function parts(total: number, count: number, random: Rng): number[] {
  const places = Array.from({ length: total + count - 1 }, (_, i) => i);
  const bars = random
    .shuffle(places)
    .slice(0, count - 1)
    .sort((a, b) => a - b);
  return [...bars, total + count - 1].map((bar, i) => bar - (i === 0 ? 0 : bars[i - 1]! + 1));
}
