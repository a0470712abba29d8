/** What `bifocal eval` can score. */
import type { TaskConfig } from "../../tasks/index.ts";
import { evaluateQuestions, evaluateTexts } from "./answers.ts";
import { evaluateDescriptions } from "./captions.ts";
import type { Evaluated, Evaluation } from "./evaluated.ts";
import { evaluateClasses, evaluatePrompts, evaluateSentences } from "./labels.ts";
import { evaluateBoxes, evaluateFlowOf, evaluateSearch } from "./pairs.ts";

/** Every task that can be fine-tuned, and what pretrained runs can be asked besides. */
export type EvalTask = Exclude<TaskConfig["kind"], "pretrain"> | "flow" | "zero-shot";

interface TaskEvaluation {
  /** Examples that are scored unless the user says how many. */
  readonly examples: number;
  /** Whether something that guesses blindly learns from the training split. */
  readonly guesses: boolean;
  /** Whether benchmarks take its predictions, one for each example. */
  readonly submits: boolean;
  readonly evaluate: (evaluation: Evaluation) => Promise<Evaluated>;
}

/** By the name of the task. */
export const evaluations: Readonly<Record<EvalTask, TaskEvaluation>> = {
  vqa: { examples: 1000, guesses: true, submits: true, evaluate: evaluateQuestions },
  captioning: { examples: 500, guesses: true, submits: true, evaluate: evaluateDescriptions },
  nlvr2: { examples: 2000, guesses: true, submits: true, evaluate: (given) => evaluateTexts("nlvr2", given) },
  entailment: {
    examples: 2000,
    guesses: true,
    submits: true,
    evaluate: (given) => evaluateTexts("entailment", given),
  },
  memes: { examples: 2000, guesses: true, submits: true, evaluate: (given) => evaluateTexts("memes", given) },
  classification: { examples: 2000, guesses: false, submits: true, evaluate: evaluateClasses },
  "zero-shot": { examples: 2000, guesses: false, submits: true, evaluate: evaluatePrompts },
  sentences: { examples: 2000, guesses: false, submits: true, evaluate: evaluateSentences },
  referring: { examples: 2000, guesses: false, submits: true, evaluate: evaluateBoxes },
  retrieval: { examples: 400, guesses: false, submits: false, evaluate: evaluateSearch },
  flow: { examples: 400, guesses: false, submits: false, evaluate: evaluateFlowOf },
};

/** Their names. */
export const evalTasks = Object.keys(evaluations) as readonly EvalTask[];
