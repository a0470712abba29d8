import { englishStem } from "./english-stem.ts";

/** Which words of a caption stand for which of a reference. */
export interface WordAlignment {
  /** For each word of the reference the place of its word in the caption, or -1. */
  readonly places: readonly number[];
  /** Runs of matched words that stand side by side in both. */
  readonly chunks: number;
}

/** An alignment of the first words of a reference. */
interface Path {
  /** Of the last of them, as in the whole alignment; the words before are the path before. */
  readonly place: number;
  readonly before: Path | undefined;
  /** How many words are equal. */
  readonly exact: number;
  /** Those that are closed. */
  readonly chunks: number;
  /** The sum of how far matched words are from one another. */
  distance: number;
}

const beam = 40;

/**
 * The alignment of words that are equal or have the same stem, each word used once, with most equal words, then fewest
 * chunks, then least distance (Denkowski & Lavie 2014, section 2), as METEOR 1.5 finds it: word by word of the reference,
 * with a beam of 40. Of several that are alike its habits decide, and they are kept: matches of stems count nothing in
 * the search; a word whose only partner has no other is matched whatever it costs; the distance of a choice is added to
 * those that are tried after it, not to itself; of equal paths the earlier one stays first.
 *
 * Differs: words are compared, not their hash codes.
 */
export function alignWords(caption: readonly string[], reference: readonly string[]): WordAlignment {
  const partners = possiblePartners(caption, reference);
  const wanted = caption.map(() => 0);
  for (const places of partners) for (const place of places) wanted[place]!++;
  const definite = partners.map(([place, ...others]) =>
    place !== undefined && others.length === 0 && wanted[place] === 1 ? place : -1,
  );
  let paths: Path[] = [{ place: -1, before: undefined, exact: 0, chunks: 0, distance: 0 }];
  for (const [at, word] of reference.entries()) {
    const extend = (path: Path, place: number): Path => ({
      place,
      before: path,
      exact: path.exact + Number(place !== -1 && caption[place] === word),
      chunks: path.chunks + Number(path.place !== -1 && path.place !== place - 1),
      distance: path.distance,
    });
    const sure = definite[at]!;
    paths = best(paths).flatMap((path) => {
      if (sure !== -1) {
        path.distance += Math.abs(at - sure);
        return [extend(path, sure)];
      }
      const choices: Path[] = [];
      for (const place of partners[at]!) {
        if (takes(path, place)) continue;
        choices.push(extend(path, place));
        path.distance += Math.abs(at - place);
      }
      return [...choices, extend(path, -1)];
    });
  }
  const ended = best(paths).map((path) => ({ ...path, chunks: path.chunks + Number(path.place !== -1) }));
  const [first] = best(ended);
  return { places: placesOf(first!), chunks: first!.chunks };
}

function takes(path: Path, place: number): boolean {
  for (let step: Path | undefined = path; step !== undefined; step = step.before) {
    if (step.place === place) return true;
  }
  return false;
}

/** The start has no word. */
function placesOf(path: Path): number[] {
  const places: number[] = [];
  for (let step = path; step.before !== undefined; step = step.before) places.push(step.place);
  return places.reverse();
}

/** Equal words first, then those of the same stem, each from the left; of equal sentences equal words alone. */
function possiblePartners(caption: readonly string[], reference: readonly string[]): number[][] {
  const identical = caption.length === reference.length && caption.every((word, i) => word === reference[i]);
  const stems = identical ? [] : caption.map(englishStem);
  return reference.map((word) => {
    const stem = englishStem(word);
    const places = [...caption.keys()];
    return [
      ...places.filter((i) => caption[i] === word),
      ...places.filter((i) => caption[i] !== word && stems[i] === stem),
    ];
  });
}

/** In order; of equal ones the first stays first. */
function best(paths: readonly Path[]): Path[] {
  const worth = (a: Path, b: Path) => b.exact - a.exact || a.chunks - b.chunks || a.distance - b.distance;
  return [...paths].sort(worth).slice(0, beam);
}
