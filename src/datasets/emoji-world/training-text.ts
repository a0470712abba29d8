import { captions } from "./captions.ts";
import { questions } from "./questions.ts";
import { scene } from "./scene.ts";

/**
 * The captions, questions and answers of the first training scenes, to learn a vocabulary from. 2,000 scenes hold
 * every word of the data set, about 115.
 */
export function* trainingText(scenes: number, seed: number, known: number): Generator<string> {
  for (let index = 0; index < scenes; index++) {
    const truth = scene("train", index, seed, known);
    yield* captions(truth);
    for (const { question, answer } of questions(truth, 6)) {
      yield question;
      yield answer;
    }
  }
}
