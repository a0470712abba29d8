import type { Captioned } from "./captioned.ts";
import { countNGrams, total } from "./n-grams.ts";

const longest = 4;

/** Standard deviation of the penalty on a difference in length. */
const sigma = 6;

/** Weights of the runs of one length, and the length of that vector. */
interface Weighted {
  readonly weights: ReadonlyMap<string, number>;
  readonly norm: number;
}

interface WeightedCaption {
  readonly runs: readonly Weighted[];
  /** In pairs of words: what the official scorer compares. */
  readonly length: number;
}

/**
 * CIDEr-D, the mean over captions, as the official scorer prints it: 0 to 10 (Vedantam et al. 2015,
 * arXiv:1411.5726). Runs of 1 to 4 words are weighted by how few of the given pictures have them in a reference, so a
 * figure holds for its set of pictures alone, and one picture by itself scores 0.
 */
export function cider(corpus: readonly Captioned[]): number {
  const weigh = weighing(corpus);
  const scores = corpus.map(({ caption, references }) => {
    const own = weigh(caption);
    return (
      references.reduce((sum, reference) => sum + likeness(own, weigh(reference)), 0) / references.length
    );
  });
  return (10 * scores.reduce((sum, score) => sum + score, 0)) / scores.length;
}

/** Term frequency times inverse document frequency, a picture being a document. */
function weighing(corpus: readonly Captioned[]): (caption: string) => WeightedCaption {
  const pictures = new Map<string, number>();
  for (const { references } of corpus) {
    const seen = new Set<string>();
    for (const reference of references) {
      for (const runs of countNGrams(reference, longest)) for (const run of runs.keys()) seen.add(run);
    }
    for (const run of seen) pictures.set(run, (pictures.get(run) ?? 0) + 1);
  }
  const most = Math.log(corpus.length);
  return (caption) => {
    const counts = countNGrams(caption, longest);
    const runs = counts.map((counted) => {
      const weights = new Map<string, number>();
      let squares = 0;
      for (const [run, count] of counted) {
        const weight = count * (most - Math.log(pictures.get(run) ?? 1));
        weights.set(run, weight);
        squares += weight ** 2;
      }
      return { weights, norm: Math.sqrt(squares) };
    });
    return { runs, length: total(counts[1]!) };
  };
}

/** Mean over the run lengths of the clipped cosine, times the penalty; in [0, 1]. */
function likeness(own: WeightedCaption, reference: WeightedCaption): number {
  const cosines = own.runs.map(({ weights, norm }, k) => {
    const other = reference.runs[k]!;
    let product = 0;
    for (const [run, weight] of weights) {
      const across = other.weights.get(run) ?? 0;
      product += Math.min(weight, across) * across;
    }
    return norm === 0 || other.norm === 0 ? product : product / (norm * other.norm);
  });
  const penalty = Math.exp(-((own.length - reference.length) ** 2) / (2 * sigma ** 2));
  return (penalty * cosines.reduce((sum, cosine) => sum + cosine, 0)) / longest;
}
