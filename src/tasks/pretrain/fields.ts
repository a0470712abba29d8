import type { TypedArray } from "../../core/dtype.ts";
import type { TokenBatch, Tokenizer } from "../../data/tokenizers/tokenizer.ts";
import type { TensorType } from "../../graph/ops/definition.ts";
import type { Tensor } from "../../graph/tensor.ts";

/** Arrays that one objective adds to a batch, by names of its own. */
export interface Fields<N extends string> {
  readonly types: Readonly<Record<N, TensorType>>;
  /** Writes every array in full; draws depend on `key` and the example's number in the batch alone. */
  fill(examples: Examples, arrays: Readonly<Record<N, TypedArray>>): void;
}

/** What objectives make their arrays from. */
export interface Examples {
  /** The texts of the batch, one a picture where there are pictures; absent where none are read. */
  readonly tokens: TokenBatch | undefined;
  readonly tokenizer: Tokenizer;
  readonly key: number;
  /** Number of the first example in the batch. */
  readonly first: number;
}

/** An objective's arrays in the graph. */
export type Given<F> = F extends Fields<infer N> ? Readonly<Record<N, Tensor>> : never;
