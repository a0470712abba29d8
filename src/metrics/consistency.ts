/** A judgement of a sentence about one pair of pictures. */
export interface SentenceMark {
  readonly sentence: string;
  readonly right: boolean;
}

/**
 * Share of sentences, in [0, 1], that are judged right about every pair of pictures they are asked of (Suhr et al. 2019,
 * arXiv:1811.00491, section 6); not-a-number of none.
 */
export function consistency(marks: readonly SentenceMark[]): number {
  const consistent = new Map<string, boolean>();
  for (const { sentence, right } of marks)
    consistent.set(sentence, right && consistent.get(sentence) !== false);
  return [...consistent.values()].filter((right) => right).length / consistent.size;
}

/**
 * An NLVR2 identifier split-set-pair-sentence without its pair: the set of pictures that sentences are asked of, "test1-12", and
 * the number of the sentence, "0". Undefined of any other text.
 */
export function sentenceOf(
  identifier: string,
): { readonly set: string; readonly number: string } | undefined {
  const parts = identifier.split("-");
  return parts.length === 4 ? { set: `${parts[0]}-${parts[1]}`, number: parts[3]! } : undefined;
}
