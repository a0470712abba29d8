import type { Captioned } from "./captioned.ts";

/** Recall counts this much more than precision. */
const beta = 1.2;

/**
 * ROUGE-L, the mean over captions, in [0, 1] (Lin 2004, section 3): longest common subsequence of words, precision and
 * recall each from the reference where it is best. As in the official caption scorer an empty caption has one word, the
 * empty one.
 */
export function rougeL(corpus: readonly Captioned[]): number {
  return corpus.reduce((sum, captioned) => sum + captionRouge(captioned), 0) / corpus.length;
}

function captionRouge({ caption, references }: Captioned): number {
  const words = caption.split(" ");
  let precision = 0;
  let recall = 0;
  for (const reference of references) {
    const others = reference.split(" ");
    const common = commonLength(words, others);
    precision = Math.max(precision, common / words.length);
    recall = Math.max(recall, common / others.length);
  }
  if (precision === 0) return 0;
  return ((1 + beta ** 2) * precision * recall) / (recall + beta ** 2 * precision);
}

/** Length of the longest common subsequence. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let before = new Uint32Array(b.length + 1);
  for (const word of a) {
    const now = new Uint32Array(b.length + 1);
    for (const [j, other] of b.entries()) {
      now[j + 1] = word === other ? before[j]! + 1 : Math.max(before[j + 1]!, now[j]!);
    }
    before = now;
  }
  return before[b.length]!;
}
