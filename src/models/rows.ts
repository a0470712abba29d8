import { concat, type Tensor } from "../graph/tensor.ts";
import type { ImageState, TextState } from "./contracts.ts";

/** The state after the same change to every tensor's rows (axis 0): pictures picked, repeated or put in another order. */
export function mapImages(state: ImageState, change: (rows: Tensor) => Tensor): ImageState {
  return joinImages([state], ([rows]) => change(rows!));
}

/** As `mapImages`, for texts. */
export function mapTexts(state: TextState, change: (rows: Tensor) => Tensor): TextState {
  return joinTexts([state], ([rows]) => change(rows!));
}

/** One state from several of one tower, tensor by tensor; by default one batch after the other. */
export function joinImages(
  states: readonly ImageState[],
  join: (parts: readonly Tensor[]) => Tensor = stack,
): ImageState {
  const [first] = states as [ImageState];
  return {
    patches: join(states.map(({ patches }) => patches)),
    pooled: join(states.map(({ pooled }) => pooled)),
    ...(first.keep && { keep: join(states.map(({ keep }) => keep!)) }),
    layers: first.layers.map((_, i) => join(states.map(({ layers }) => layers[i]!))),
    attention: first.attention.map((_, i) => join(states.map(({ attention }) => attention[i]!))),
  };
}

/** As `joinImages`, for texts. */
export function joinTexts(
  states: readonly TextState[],
  join: (parts: readonly Tensor[]) => Tensor = stack,
): TextState {
  const [first] = states as [TextState];
  return {
    words: join(states.map(({ words }) => words)),
    pooled: join(states.map(({ pooled }) => pooled)),
    keep: join(states.map(({ keep }) => keep)),
    layers: first.layers.map((_, i) => join(states.map(({ layers }) => layers[i]!))),
    attention: first.attention.map((_, i) => join(states.map(({ attention }) => attention[i]!))),
  };
}

/** Every row `times` times in a row. */
export function repeatRows(rows: Tensor, times: number): Tensor {
  const [B, ...rest] = rows.shape as [number, ...number[]];
  return rows
    .reshape([B, 1, ...rest])
    .expand([B, times, ...rest])
    .reshape([B * times, ...rest]);
}

const stack = (parts: readonly Tensor[]) => concat(parts, 0);
