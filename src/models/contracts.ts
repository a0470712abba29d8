import type { Tensor } from "../graph/tensor.ts";

/**
 * What models and objectives agree on. Shape letters: B images, C texts (a multiple of B when one picture has several
 * texts), P patches (class token included where there is one), T words, I/W/F widths of image tower, text tower, fusion.
 */
export interface ImageState {
  /** f32[B,P,I], after the tower's last norm. */
  readonly patches: Tensor;
  /** f32[B,I]: the picture alone. */
  readonly pooled: Tensor;
}

/** Texts as the tokenizer gives them: special tokens included, padded on the right. */
export interface TextInput {
  /** i32[C,T] */
  readonly ids: Tensor;
  /** bool[C,T], true = attend. */
  readonly keep: Tensor;
}

/** What a text tower makes of texts; words at padding mean nothing, `keep` says which. */
export interface TextState {
  /** f32[C,T,W] */
  readonly words: Tensor;
  /** f32[C,W]: the text alone. */
  readonly pooled: Tensor;
  readonly keep: Tensor;
}

/** What a fusion makes of C pairs, row by row. */
export interface FusedState {
  /** f32[C,T,F] */
  readonly words: Tensor;
  /** f32[C,P,F] */
  readonly patches: Tensor;
  /** f32[C,Z]: picture and text together. */
  readonly pooled: Tensor;
  /** f32[C,H,T,P]: how words attend to patches in the last fusion layer, each row a distribution over P or less. */
  readonly attention: Tensor;
}

/** Two towers: pictures and texts encoded apart. */
export interface DualModel {
  readonly widths: { readonly image: number; readonly text: number };
  /** image f32[B,3,S,S], normalised. */
  encodeImage(image: Tensor): ImageState;
  encodeText(text: TextInput): TextState;
}

/** Towers and a fusion of what they return; pictures and texts are paired row by row. */
export interface FusionModel extends DualModel {
  readonly fusedWidths: { readonly words: number; readonly pooled: number };
  fuse(image: ImageState, text: TextState): FusedState;
}

/** Encodes pictures alone, f32[B,3,S,S]; `width` is the I of its states. */
export interface ImageTower {
  readonly width: number;
  encode(image: Tensor): ImageState;
}

/** Encodes texts alone; `width` is the W of its states. */
export interface TextTower {
  readonly width: number;
  encode(text: TextInput): TextState;
}
