import type { BlockConfig } from "../../nn/block.ts";
import type { FusedState, ImageState, TextState } from "../contracts.ts";

/** `depth` counts layers; where there are two streams, each has a block in every layer. */
export interface FusionConfig extends BlockConfig {
  readonly depth: number;
}

/** What a fusion has to know of the image tower. */
export interface FusedTower {
  /** Tokens in front of a picture's patches; 0: the summary of a picture is the mean of its patches. */
  readonly specials: number;
}

/** Reads both towers' tokens, already at the fusion's width. */
export interface Fusion {
  /** Width of the fused summary. */
  readonly pooledWidth: number;
  fuse(image: Pick<ImageState, "patches" | "keep">, text: Pick<TextState, "words" | "keep">): FusedState;
}
