import type { Captioned } from "./captioned.ts";
import { alignWords } from "./meteor-alignment.ts";
import { functionWords } from "./meteor-function-words.ts";
import { meteorWords } from "./meteor-words.ts";

/** What METEOR 1.5 has for English: tuned to how people ranked translations. */
const alpha = 0.85;
const beta = 0.2;
const gamma = 0.6;
/** Weight of a content word; that of a function word is what is left of 1. */
const delta = 0.75;
/** Weight of two words that are not equal but of one stem. */
const stemWeight = 0.6;

/** Of one text: the weight of its words, and of those that are matched. */
interface Side {
  readonly weight: number;
  readonly matched: number;
}

/** What the score of a caption beside a reference is made of. */
interface Statistics {
  readonly caption: Side;
  readonly reference: Side;
  readonly matches: number;
  /** Runs of matches in both; none where all words of both are one run. */
  readonly chunks: number;
}

/**
 * METEOR by equal words and stems alone, of a corpus, in [0, 1] (Denkowski & Lavie 2014, "Meteor Universal", section 2): not
 * the METEOR that papers print, which also matches synonyms and paraphrases. Each caption is compared with the reference
 * of the highest score; the counts of all are added up, so a figure is not the mean of the captions'.
 */
export function meteorExactStem(corpus: readonly Captioned[]): number {
  return scoreOf(
    corpus.map(({ caption, references }) => {
      const words = meteorWords(caption);
      const all = references.map((reference) => statistics(words, meteorWords(reference)));
      return all.reduce((best, other) => (scoreOf([other]) > scoreOf([best]) ? other : best));
    }),
  );
}

function statistics(caption: readonly string[], reference: readonly string[]): Statistics {
  const { places, chunks } = alignWords(caption, reference);
  const credits = reference.map((word, i) => {
    const partner = caption[places[i]!];
    return partner === undefined ? 0 : partner === word ? 1 : stemWeight;
  });
  const captionCredits = caption.map((_, place) => credits[places.indexOf(place)] ?? 0);
  const matches = credits.filter((credit) => credit > 0).length;
  const whole = chunks === 1 && matches === caption.length && matches === reference.length;
  return {
    caption: side(caption, captionCredits),
    reference: side(reference, credits),
    matches,
    chunks: whole ? 0 : chunks,
  };
}

function side(words: readonly string[], credits: readonly number[]): Side {
  const weights = words.map((word) => (functionWords.has(word) ? 1 - delta : delta));
  return {
    weight: weights.reduce((all, weight) => all + weight, 0),
    matched: weights.reduce((all, weight, i) => all + weight * credits[i]!, 0),
  };
}

/** The mean of precision and recall, less what matches in pieces cost. */
function scoreOf(all: readonly Statistics[]): number {
  const total = (of: (one: Statistics) => number) => all.reduce((sum, one) => sum + of(one), 0);
  const matches = total((one) => one.matches);
  if (matches === 0) return 0;
  const precision = total(({ caption }) => caption.matched) / total(({ caption }) => caption.weight);
  const recall = total(({ reference }) => reference.matched) / total(({ reference }) => reference.weight);
  const mean = 1 / ((1 - alpha) / precision + alpha / recall);
  return mean * (1 - gamma * (total(({ chunks }) => chunks) / matches) ** beta);
}
