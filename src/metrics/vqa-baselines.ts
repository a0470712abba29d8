/**
 * What a model that never looks at the picture would score. A visual question answering score says little without
 * these two beside it (Goyal et al. 2017, arXiv:1612.00837, section 4).
 */

/** A question with its single right answer; `kind` groups questions of one form. */
export interface Asked {
  readonly question: string;
  readonly answer: string;
  readonly kind: string;
}

/** Answers a question from its words and kind alone. */
export type BlindGuess = (asked: Pick<Asked, "question" | "kind">) => string;

/**
 * The most frequent training answer to exactly this question, else to its kind, else to any question.
 * Ties go to the answer that sorts first.
 */
export function questionOnlyBaseline(training: Iterable<Asked>): BlindGuess {
  const byQuestion = new Tally();
  const byKind = new Tally();
  const overall = new Tally();
  for (const { question, kind, answer } of training) {
    byQuestion.add(question, answer);
    byKind.add(kind, answer);
    overall.add("", answer);
  }
  const ofQuestion = byQuestion.favourites();
  const ofKind = byKind.favourites();
  const ofAll = overall.favourites();
  return ({ question, kind }) => ofQuestion.get(question) ?? ofKind.get(kind) ?? ofAll.get("") ?? "";
}

/** The most frequent training answer, whatever the question. */
export function majorityBaseline(training: Iterable<Asked>): () => string {
  const overall = new Tally();
  for (const { answer } of training) overall.add("", answer);
  const favourite = overall.favourites().get("") ?? "";
  return () => favourite;
}

/** A share and the number of questions it was taken of. */
export interface Accuracy {
  /** Fraction in [0, 1]; 0 of 0 is 0. */
  readonly accuracy: number;
  readonly total: number;
}

/** Exact-match accuracy over all questions and per kind, kinds sorted by name. */
export function accuracyByKind(
  asked: readonly Asked[],
  answered: readonly string[],
): { overall: Accuracy; kinds: Map<string, Accuracy> } {
  const right = new Map<string, number[]>();
  for (const [i, { kind, answer }] of asked.entries()) {
    const marks = right.get(kind);
    const mark = Number(answered[i] === answer);
    if (marks) marks.push(mark);
    else right.set(kind, [mark]);
  }
  const score = (marks: readonly number[]): Accuracy => ({
    accuracy: marks.reduce((sum, mark) => sum + mark, 0) / Math.max(1, marks.length),
    total: marks.length,
  });
  const kinds = [...right].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    overall: score(kinds.flatMap(([, marks]) => marks)),
    kinds: new Map(kinds.map(([kind, marks]) => [kind, score(marks)])),
  };
}

/** Counts answers under keys. */
class Tally {
  private readonly counts = new Map<string, Map<string, number>>();

  add(key: string, answer: string): void {
    let answers = this.counts.get(key);
    if (answers === undefined) {
      answers = new Map();
      this.counts.set(key, answers);
    }
    answers.set(answer, (answers.get(answer) ?? 0) + 1);
  }

  /** The most frequent answer under every key. */
  favourites(): Map<string, string> {
    return new Map(
      [...this.counts].map(([key, answers]) => {
        const ranked = [...answers].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
        return [key, ranked[0]![0]];
      }),
    );
  }
}
