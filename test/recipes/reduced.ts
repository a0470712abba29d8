import type { RunConfig } from "#src/train/config.ts";

/** What a number, a list or a part becomes under each key; keys that are not here stay as they are. */
const changes: Readonly<Record<string, (value: never) => unknown>> = {
  width: () => 16,
  embeddingWidth: () => 8,
  heads: (value: number | readonly number[]) => (typeof value === "number" ? 2 : [2, 2]),
  hidden: () => 24,
  depth: (value: number) => Math.min(value, 2),
  patch: () => 4,
  imageSize: () => 16,
  window: () => 2,
  widths: () => [8, 16],
  depths: () => [1, 1],
  jointFrom: () => 1,
  patchLimit: () => 12,
  codebook: () => ({ width: 4, blocks: 1, codes: 16, gain: 1 }),
  vocab: () => 192,
  textLength: (value: number) => Math.min(value, 22),
  from: () => undefined,
  tokenizer: () => undefined,
  questionsPerImage: (value: number) => Math.min(value, 2),
  textsPerImage: (value: number) => Math.min(value, 4),
  candidates: (value: number) => Math.min(value, 3),
  data: () => ({ kind: "emoji-world", seed: 7, concepts: 8 }),
  batch: () => 4,
  accumulate: (value: number) => Math.min(value, 2),
  steps: (value: number) => Math.min(value, 3),
  warmupSteps: () => 1,
  validation: () => ({ every: 3, batches: 1 }),
  checkpoint: () => ({ every: 3, keep: 1 }),
};

/** A run of three steps of every part that `config` has, narrow, shallow, on small pictures of Emoji World. */
export function reduced(config: RunConfig): RunConfig {
  return shrunk(config) as RunConfig;
}

function shrunk(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shrunk);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]) => {
      const change = changes[key] as ((value: unknown) => unknown) | undefined;
      const next = change === undefined ? shrunk(inner) : change(inner);
      return next === undefined ? [] : [[key, next]];
    }),
  );
}
