import type { Tensor } from "../graph/tensor.ts";

/**
 * What models and objectives agree on. Shape letters: B images, C texts (a multiple of B when one picture has several
 * texts), P patches (class token included where there is one), T words, H heads, I/W/F widths of image tower, text
 * tower, fusion. States hold more than most readers need: what no output asks for is never computed.
 */
export interface ImageInput {
  /** f32[B,3,Y,X], normalised by the tower's `colours`. */
  readonly pixels: Tensor;
  /** bool[B,Y,X], true = picture, false = padding; absent when nothing is padded. */
  readonly keep?: Tensor | undefined;
  /** Models that attend to `keep` read at most so many patches of a picture, its own ones before padding; all if absent. */
  readonly most?: number | undefined;
}

/** What an image tower makes of pictures; patches at padding mean nothing, `keep` says which. */
export interface ImageState {
  /** f32[B,P,I], after the tower's last norm; special tokens first. */
  readonly patches: Tensor;
  /** f32[B,I]: the picture alone. */
  readonly pooled: Tensor;
  /** bool[B,P], true = attend; absent when nothing is padded. */
  readonly keep?: Tensor | undefined;
  /** The first block's input and every block's output, before any last norm: f32[B,P,I] where the tower keeps its width. */
  readonly layers: readonly Tensor[];
  /** Every block's attention weights, f32[B,H,P,P] where every patch attends to every other. */
  readonly attention: readonly Tensor[];
}

/** Texts as the tokenizer gives them: special tokens included. */
export interface TextInput {
  /** i32[C,T] */
  readonly ids: Tensor;
  /** bool[C,T], true = attend. */
  readonly keep: Tensor;
  /** i32[C,T], rows of the segment table; segment 0 everywhere when absent. */
  readonly segments?: Tensor | undefined;
}

/** What a text tower makes of texts; words at padding mean nothing, `keep` says which. */
export interface TextState {
  /** f32[C,T,W], after the tower's last norm. */
  readonly words: Tensor;
  /** f32[C,W]: the text alone. */
  readonly pooled: Tensor;
  readonly keep: Tensor;
  /** The first block's input and every block's output, f32[C,T,W]. */
  readonly layers: readonly Tensor[];
  /** Every block's attention weights, f32[C,H,T,T]. */
  readonly attention: readonly Tensor[];
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
  /**
   * How the fusion came to its words and patches: its steps, first to last, each f32[C,N,N], N = T + P words before
   * patches, and behind them whatever belongs to neither. Row i says out of which tokens token i was made, residual
   * branches included; what the row of a kept token lacks to 1 its own tower gave anew.
   */
  readonly flow: readonly Tensor[];
}

/** Mean and deviation of red, green and blue, of values in [0, 1], that a tower's pictures are normalised by. */
export interface Colours {
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** Two towers: pictures and texts encoded apart. */
export interface DualModel {
  readonly widths: { readonly image: number; readonly text: number };
  readonly colours: Colours;
  /** Tokens in front of a picture's patches. */
  readonly specials: number;
  encodeImage(image: ImageInput): ImageState;
  encodeText(text: TextInput): TextState;
  /**
   * Pictures with `vector` f32[I] in the places of some of their N patches, bool[B,N] row by row; every patch is read,
   * in order. Absent where a tower has no such place: pixels can be hidden from any.
   */
  readonly encodeHidden?: ((image: ImageInput, places: Tensor, vector: Tensor) => ImageState) | undefined;
  /** Pictures without those of their N patches that have the largest `noise`, f32[B,N]; absent where all are read. */
  readonly encodeVisible?: ((image: ImageInput, noise: Tensor) => VisibleState) | undefined;
  /**
   * Further summaries of a picture or a text alone, f32[B,D], for contrast to compare besides, by projections and a
   * temperature of their own.
   */
  readonly joint?: { image(state: ImageState): Tensor; text(state: TextState): Tensor } | undefined;
}

/** What is read of pictures whose patches were removed in part. */
export interface VisibleState extends ImageState {
  readonly removal: Removal;
}

/** Which of N patches were removed. */
export interface Removal {
  /** f32[B,N]: 1 where a patch was. */
  readonly removed: Tensor;
  /** i32[B,N]: for each patch its place in the random order, whose first ones are read. */
  readonly places: Tensor;
}

/** Towers and a fusion of what they return; pictures and texts are paired row by row. */
export interface FusionModel extends DualModel {
  readonly fusedWidths: { readonly words: number; readonly pooled: number };
  /** Writes texts about pairs; absent where a model only reads. */
  readonly decoder?: TextDecoder | undefined;
  /** `picture` counts from 0: which of the pictures that a text is read with this is. */
  fuse(image: ImageState, text: TextState, picture?: number): FusedState;
}

/** A text that is written token by token, each after what was read of a pair and the tokens before it. */
export interface TextDecoder {
  /** Longest text, in tokens with the one it begins with. */
  readonly textLength: number;
  read(image: ImageState, text: TextState): DecoderSource;
  /** ids i32[C,U] to logits f32[C,U,V]: what follows each of them; only those at `places` i32[C,K] where given, f32[C,K,V]. */
  write(ids: Tensor, source: DecoderSource, places?: Tensor): Tensor;
}

/** What a decoder attends to: the fused words, then the fused patches, N = T + P. */
export interface DecoderSource {
  /** f32[C,N,F] */
  readonly tokens: Tensor;
  /** bool[C,N], true = attend. */
  readonly keep: Tensor;
}

/** Encodes pictures alone; `width` is the I of its states. */
export interface ImageTower {
  readonly width: number;
  /** Tokens in front of the patches: class, distillation. */
  readonly specials: number;
  /** The last norm, which `patches` have and `layers` lack, for readers of earlier layers; absent where there is none. */
  readonly norm?: ((tokens: Tensor) => Tensor) | undefined;
  encode(image: ImageInput): ImageState;
}

/** Encodes texts alone; `width` is the W of its states. */
export interface TextTower {
  readonly width: number;
  /** As an image tower's. */
  readonly norm?: ((tokens: Tensor) => Tensor) | undefined;
  encode(text: TextInput): TextState;
}
