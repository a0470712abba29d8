import type { AnswerScores } from "../eval/answers.ts";
import type { RetrievalResult } from "../eval/retrieval.ts";
import type { TrainResult } from "../train/trainer.ts";
import type { Recipe } from "./recipe.ts";

/** What report.json holds; fractions in [0, 1]. */
export interface DemoSummary {
  readonly vqa: {
    readonly accuracy: number;
    readonly questionOnly: number;
    readonly majority: number;
    readonly unseenStyle: number;
    readonly unseenCombinations: number;
    /** Questions. */
    readonly n: number;
  };
  readonly retrieval: {
    readonly i2tR1: number;
    readonly t2iR1: number;
    readonly chance: number;
    readonly unseenStyleI2tR1: number;
    /** Pictures. */
    readonly n: number;
  };
  readonly seconds: number;
  /** Pictures a second in fine-tuning. */
  readonly samplesPerSecond: number;
  readonly parameters: number;
}

/** Everything the report shows. */
export interface DemoResults {
  readonly summary: DemoSummary;
  readonly stages: readonly {
    readonly recipe: Recipe;
    readonly folder: string;
    readonly result: TrainResult;
  }[];
  readonly vqa: readonly AnswerScores[];
  readonly retrieval: readonly RetrievalResult[];
}
