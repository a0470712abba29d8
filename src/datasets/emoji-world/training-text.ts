import { captions } from "./captions.ts";
import { hypothesis } from "./hypotheses.ts";
import { questions } from "./questions.ts";
import { reference } from "./references.ts";
import { scene } from "./scene.ts";
import { statement } from "./statements.ts";

/** Examples of each further form that are read for words: they hold all of them. */
const furtherExamples = 300;

/**
 * The captions, questions and answers of the first training scenes, to learn a vocabulary from. 2,000 scenes hold
 * every word of theirs, about 115. Words that only statements, hypotheses and expressions have come last and once:
 * rarer than all others, they change no other word's place in a vocabulary sorted by frequency.
 */
export function* trainingText(scenes: number, seed: number, known: number): Generator<string> {
  const words = new Set<string>();
  function* noted(text: string): Generator<string> {
    for (const word of wordsOf(text)) words.add(word);
    yield text;
  }
  for (let index = 0; index < scenes; index++) {
    const truth = scene("train", index, seed, known);
    for (const caption of captions(truth)) yield* noted(caption);
    for (const { question, answer } of questions(truth, 6)) {
      yield* noted(question);
      yield* noted(answer);
    }
  }
  for (let index = 0; index < furtherExamples; index++) {
    for (const make of [statement, hypothesis, reference]) {
      for (const word of wordsOf(make("train", index, seed, known).text)) {
        if (words.has(word)) continue;
        words.add(word);
        yield word;
      }
    }
  }
}

function wordsOf(text: string): string[] {
  return text.match(/\w+/g) ?? [];
}
