/**
 * Which texts a decoder would most likely write: beam search with a length penalty.
 * Wu et al. 2016, arXiv:1609.08144, section 7: scores are log P(Y) / ((5 + |Y|) / 6)^alpha, |Y| tokens with the end.
 */

/** How texts are searched for. */
export interface SearchOptions {
  /** Beginnings of a text that are kept at each step; 1: the likeliest token is taken, greedily. */
  readonly beams: number;
  /** The alpha; 0: none. Greedy search has no use for it. */
  readonly lengthPenalty: number;
}

/** What is written: ids a text begins and ends with, ids that may stand in it, and how many tokens it has at most. */
export interface Writing {
  readonly start: number;
  readonly end: number;
  /** By id; the end's counts for nothing. */
  readonly allowed: readonly boolean[];
  /** Tokens behind the start, the end among them. */
  readonly longest: number;
}

/** A text that was found, without start and end. */
export interface FoundText {
  readonly tokens: readonly number[];
  /** In nats, that of the end included. */
  readonly logProbability: number;
  /** False where the text was cut at the longest length. */
  readonly ended: boolean;
}

/**
 * Log probabilities f32[V] of what follows each beginning: `rows[i][k]` is beginning k of text i, which starts with the
 * start. All are equally long; every text has as many as there are beams, the last ones repeated where it has fewer.
 */
export type Follow = (
  rows: readonly (readonly (readonly number[])[])[],
) => Promise<readonly (readonly Float32Array[])[]>;

/** The best text for each of `count` searches that run side by side. */
export async function search(
  count: number,
  { beams, lengthPenalty }: SearchOptions,
  { start, end, allowed, longest }: Writing,
  follow: Follow,
): Promise<FoundText[]> {
  const penalty = (length: number) => ((5 + length) / 6) ** lengthPenalty;
  const texts = Array.from({ length: count }, (): Search => ({ alive: [{ tokens: [], sum: 0 }], found: [] }));
  for (let length = 1; length <= longest && texts.some(({ alive }) => alive.length > 0); length++) {
    const rows = texts.map(({ alive }) =>
      Array.from({ length: beams }, (_, k) => [
        start,
        ...(alive[Math.min(k, alive.length - 1)]?.tokens ?? new Array<number>(length - 1).fill(end)),
      ]),
    );
    const scores = await follow(rows);
    for (const [i, text] of texts.entries()) {
      const candidates = best(text.alive, scores[i]!, 2 * beams, (id) => id === end || allowed[id] === true);
      const next: Beginning[] = [];
      for (const [rank, { from, id, sum }] of candidates.entries()) {
        if (next.length === beams) break;
        const { tokens } = text.alive[from]!;
        if (id !== end) next.push({ tokens: [...tokens, id], sum });
        // An end among the less likely half is no text that a search of this width would have kept.
        else if (rank < beams) text.found.push({ tokens, sum, score: sum / penalty(length), ended: true });
      }
      text.found.sort((a, b) => b.score - a.score).splice(beams);
      // Sums only fall, so no beginning can come to more than its sum at the longest length.
      const reachable = Math.max(...next.map(({ sum }) => sum / penalty(longest)));
      const done = text.found.length === beams && (beams === 1 || text.found.at(-1)!.score >= reachable);
      text.alive = done ? [] : next;
    }
  }
  return texts.map(({ alive, found }) => {
    const cut = alive.map(({ tokens, sum }) => ({
      tokens,
      sum,
      score: sum / penalty(longest),
      ended: false,
    }));
    const [first] = [...found, ...cut].sort((a, b) => b.score - a.score);
    return { tokens: first!.tokens, logProbability: first!.sum, ended: first!.ended };
  });
}

interface Beginning {
  readonly tokens: readonly number[];
  /** Of log probabilities. */
  readonly sum: number;
}

interface Search {
  alive: readonly Beginning[];
  readonly found: (Beginning & { readonly score: number; readonly ended: boolean })[];
}

/** The likeliest continuations of all beginnings, best first; of equal ones the first. */
function best(
  alive: readonly Beginning[],
  scores: readonly Float32Array[],
  count: number,
  isAllowed: (id: number) => boolean,
): { readonly from: number; readonly id: number; readonly sum: number }[] {
  const top: { from: number; id: number; sum: number }[] = [];
  for (const [from, beginning] of alive.entries()) {
    for (const [id, score] of scores[from]!.entries()) {
      const sum = beginning.sum + score;
      if (top.length === count && sum <= top.at(-1)!.sum) continue;
      if (!isAllowed(id)) continue;
      const place = top.findIndex((other) => other.sum < sum);
      top.splice(place < 0 ? top.length : place, 0, { from, id, sum });
      if (top.length > count) top.pop();
    }
  }
  return top;
}
