import type { BatchArrays } from "../data/loader.ts";
import type { Tokenizer } from "../data/tokenizers/tokenizer.ts";
import type { FormName, PictureDataset } from "../datasets/contracts.ts";
import type { TensorType } from "../graph/ops/definition.ts";
import type { Tensor } from "../graph/tensor.ts";

/** Sizes that models, data and tasks share in one run. */
export interface Sizes {
  /** Pictures in a batch. */
  readonly batch: number;
  /** Side of pictures in pixels: of squares, or the shorter one where pictures keep their shape. */
  readonly imageSize: number;
  /** Where pictures keep their shape: the side of the square canvas they lie on, and the most patches one of them has. */
  readonly canvas?: { readonly side: number; readonly mostPatches: number };
  /** Side of what one of the model's patches stands for, in pixels. */
  readonly patch: number;
  /** Tokens a text is padded to: at most what the model holds. */
  readonly textLength: number;
  readonly vocab: number;
  /** Number of answers. */
  readonly answers: number;
  /** Whether several answers to a question may be right, each with a score. */
  readonly weighedAnswers?: boolean;
  /** Rows of the text tower's segment table, where it has one. */
  readonly segments?: number;
}

/** What a batch is made from. */
export interface Source {
  readonly dataset: PictureDataset;
  readonly tokenizer: Tokenizer;
}

/** Which examples make a batch. */
export interface Selection {
  readonly split: string;
  readonly indices: readonly number[];
  /** Number of the first of them in the batch, of which other ranks have other rows. */
  readonly first: number;
  /** Key of everything random about the batch. */
  readonly key: number;
  /** Vary pictures and pick captions at random; else each example is always the same. */
  readonly training: boolean;
}

/** The loss a step minimises and what people watch. */
export interface TaskOutput {
  /** f32[], the weighted sum. */
  readonly loss: Tensor;
  /** f32[] by name, "mlm/loss", "mlm/accuracy". */
  readonly metrics: Readonly<Record<string, Tensor>>;
}

/** A task's batches: names and types of the arrays, and how they are filled from data. */
export interface BatchPlan {
  /** The form of data it is made from. */
  readonly form: FormName;
  /** A second form of the same data, where examples of both stand in one batch. */
  readonly also?: FormName;
  readonly types: Readonly<Record<string, TensorType>>;
  /** Writes every array in full. */
  fill(source: Source, selection: Selection, arrays: BatchArrays): Promise<void>;
}

/** The metric that selects the best checkpoint on the validation split. */
export interface Primary {
  readonly metric: string;
  readonly better: "higher" | "lower";
}
