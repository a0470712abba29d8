import { allocate, type TypedArray } from "#src/core/dtype.ts";
import { rng } from "#src/core/rng.ts";
import { sizeOf } from "#src/core/shape.ts";
import type { TensorType } from "#src/graph/ops/definition.ts";
import type { RunConfig } from "#src/train/config.ts";
import { fill } from "./fill.ts";

/** Random pixels and words, nothing padded; `answers` classes where a batch has answers. */
export function randomBatch(
  config: RunConfig,
  types: Readonly<Record<string, TensorType>>,
  answers = 2,
): Record<string, TypedArray> {
  const random = rng(config.name);
  const words = config.train.batch * config.train.textLength;
  const below: Record<string, number> = { image: 256, positions: words, answers };
  const fixed: Record<string, number> = { keep: 1, weights: 1 };
  return Object.fromEntries(
    Object.entries(types).map(([name, { dtype, shape }]) => {
      const limit = below[name] ?? config.model.text.vocab;
      return [name, fill(allocate(dtype, sizeOf(shape)), () => fixed[name] ?? random.integer(limit))];
    }),
  );
}
