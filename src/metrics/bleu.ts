import type { Captioned } from "./captioned.ts";
import { countNGrams, total } from "./n-grams.ts";

const longest = 4;

/** Added so that nothing is divided by zero: the official caption scorer's. */
const tiny = 1e-15;
const small = 1e-9;

/**
 * BLEU-1 to BLEU-4 of a corpus, each in [0, 1] (Papineni et al. 2002, ACL): runs of words are counted over all
 * captions, lengths are compared with the reference of the nearest length, the shorter of two.
 */
export function bleu(corpus: Iterable<Captioned>): [number, number, number, number] {
  const right = [0, 0, 0, 0];
  const guessed = [0, 0, 0, 0];
  let length = 0;
  let referenceLength = 0;
  for (const { caption, references } of corpus) {
    const counts = countNGrams(caption, longest);
    const allowed = references.map((reference) => countNGrams(reference, longest));
    for (const [k, runs] of counts.entries()) {
      guessed[k]! += total(runs);
      for (const [run, count] of runs) {
        right[k]! += Math.min(count, Math.max(...allowed.map((reference) => reference[k]!.get(run) ?? 0)));
      }
    }
    const own = total(counts[0]!);
    length += own;
    referenceLength += nearestLength(
      own,
      allowed.map((reference) => total(reference[0]!)),
    );
  }
  const ratio = (length + tiny) / (referenceLength + small);
  const brevity = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  const score = (k: number): number => {
    product *= (right[k]! + tiny) / (guessed[k]! + small);
    return product ** (1 / (k + 1)) * brevity;
  };
  return [score(0), score(1), score(2), score(3)];
}

function nearestLength(own: number, lengths: readonly number[]): number {
  return [...lengths].sort((a, b) => Math.abs(a - own) - Math.abs(b - own) || a - b)[0]!;
}
