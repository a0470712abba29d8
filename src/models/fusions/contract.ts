import type { GeluKind } from "../../graph/ops/elementwise.ts";
import type { FusedState, ImageState, TextState } from "../contracts.ts";

/** `depth` counts layers; where there are two streams, each has a block in every layer. */
export interface FusionConfig {
  readonly width: number;
  readonly depth: number;
  readonly heads: number;
  readonly hidden: number;
  readonly activation: GeluKind;
  readonly dropout: number;
  readonly epsilon: number;
}

/** Reads both towers' tokens, already at the fusion's width. */
export interface Fusion {
  /** Width of the fused summary. */
  readonly pooledWidth: number;
  fuse(image: Pick<ImageState, "patches">, text: Pick<TextState, "words" | "keep">): FusedState;
}
