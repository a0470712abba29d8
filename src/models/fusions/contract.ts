import type { BlockConfig } from "../../nn/block.ts";
import type { FusedState, ImageState, TextState } from "../contracts.ts";

/** `depth` counts layers; where there are two streams, each has a block in every layer. */
export interface FusionConfig extends BlockConfig {
  readonly depth: number;
}

/** Reads both towers' tokens, already at the fusion's width. */
export interface Fusion {
  /** Width of the fused summary. */
  readonly pooledWidth: number;
  fuse(image: Pick<ImageState, "patches">, text: Pick<TextState, "words" | "keep">): FusedState;
}
