/**
 * Visual question answering: share of questions answered right, by kind, beside what question and prior alone give.
 */
import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import { type AskedQuestion, needForm } from "../datasets/contracts.ts";
import { progress } from "../files/progress.ts";
import { buildModel } from "../models/index.ts";
import { declare } from "../nn/scope.ts";
import { vqa, vqaBatch } from "../tasks/vqa.ts";
import { type Answered, type AnswerScores, markAnswers, markBlindly, ranked } from "./answers.ts";
import { forwardGraph } from "./forward-graph.ts";
import { loadWeights, type RunWithData } from "./open-run.ts";

/** Training pictures whose questions the blind baselines learn from. */
const baselinePictures = 20_000;

/** Answers questions; one object serves any number of pictures and splits. */
export interface Answerer {
  /** Answers the questions of pictures `first` to `first + count - 1` of a split. */
  answer(split: string, first: number, count: number): Promise<AnsweredPicture[]>;
}

/** One picture of a split with the first questions about it; lists are in order of the questions. */
export interface AnsweredPicture {
  readonly image: number;
  readonly asked: readonly AskedQuestion[];
  /** Probabilities of all answers, one array a question. */
  readonly probabilities: readonly Float32Array[];
  /** How each question's words attend to patches, f32[words, patches] over all heads, special tokens left out. */
  readonly attention: readonly (readonly (readonly number[])[])[];
}

/** Reads the weights and compiles one graph for whole batches. @throws BifocalError when the run answers no questions. */
export async function openAnswerer(backend: Backend, run: RunWithData): Promise<Answerer> {
  const { config, sizes, source } = run;
  const { task } = config;
  if (task.kind !== "vqa") {
    return fail("usage", config.name, {
      expected: "a run of task vqa",
      got: task.kind,
      todo: "fine-tune it for vqa first",
    });
  }
  const { model: built, parameters } = declare((at) =>
    vqa(at.in("heads"), buildModel(at.in("model"), config.model), task, sizes),
  );
  const plan = vqaBatch(task, sizes);
  const weights = await loadWeights(run.weightsPath, parameters);
  const graph = await forwardGraph(backend, weights, plan.types, (batch) => {
    const { logits, attention } = built.answer(batch);
    const probabilities = sizes.weighedAnswers ? logits.sigmoid() : logits.softmax();
    return { probabilities, attention: attention.mean(1) };
  });
  const { questionsPerImage: each } = task;
  const { specials } = built.model;
  const questionsOf = needForm(source.dataset, "questions", "task vqa");
  const patches = graph.outputs.attention!.length / (sizes.batch * each * sizes.textLength);

  return {
    answer: async (split, first, count) => {
      const pictures: AnsweredPicture[] = [];
      for (let start = first; start < first + count; start += sizes.batch) {
        const wanted = Math.min(sizes.batch, first + count - start);
        // The last batch is filled up with its own pictures, which are not read.
        const indices = Array.from({ length: sizes.batch }, (_, i) => start + (i % wanted));
        await plan.fill(source, { split, indices, first: 0, key: 0, training: false }, graph.inputs);
        await graph.run();
        for (let row = 0; row < wanted; row++) {
          const { questions: asked } = await questionsOf(split, indices[row]!, each);
          const questions = asked.map((_, q) => row * each + q);
          pictures.push({
            image: indices[row]!,
            asked,
            probabilities: questions.map(
              (q) =>
                graph.outputs.probabilities!.slice(
                  q * sizes.answers,
                  (q + 1) * sizes.answers,
                ) as Float32Array,
            ),
            attention: questions.map((q) =>
              Array.from({ length: sizes.textLength }, (_, word) => {
                const at = (q * sizes.textLength + word) * patches;
                return Array.from(graph.outputs.attention!.subarray(at + specials, at + patches));
              }),
            ),
          });
        }
      }
      return pictures;
    },
  };
}

/** The questions of the training split's first pictures, for blind baselines; none where that split is not open. */
export async function trainingQuestions({ source, config }: RunWithData): Promise<AskedQuestion[]> {
  const { dataset } = source;
  const each = config.task.kind === "vqa" ? config.task.questionsPerImage : 0;
  const questionsOf = needForm(dataset, "questions", "task vqa");
  const pictured = Math.min(baselinePictures, dataset.splits.train ?? 0);
  const seen = await Promise.all(Array.from({ length: pictured }, (_, i) => questionsOf("train", i, each)));
  return seen.flatMap(({ questions }) => questions);
}

/** Answers the questions of the first `pictures` pictures of a split. */
export async function answerSplit(
  answerer: Answerer,
  { answers }: RunWithData,
  split: string,
  pictures: number,
): Promise<Answered[]> {
  const bar = progress({ label: `vqa ${split}`, total: pictures, unit: "pictures" });
  const answered: Answered[] = [];
  const step = 128;
  for (let first = 0; first < pictures; first += step) {
    const count = Math.min(step, pictures - first);
    for (const { image, asked, probabilities } of await answerer.answer(split, first, count)) {
      asked.forEach((question, i) => {
        answered.push({ ...question, image, top: ranked(probabilities[i]!, answers).slice(0, 3) });
      });
    }
    bar.update(first + count);
  }
  bar.finish();
  return answered;
}

/** Scores the first `pictures` pictures of a split, and what guessing from the training split scores. */
export async function evaluateVqa(
  answerer: Answerer,
  run: RunWithData,
  split: string,
  pictures: number,
): Promise<AnswerScores> {
  const training = await trainingQuestions(run);
  const answered = await answerSplit(answerer, run, split, pictures);
  return { ...markAnswers(split, answered), ...markBlindly(answered, training) };
}
