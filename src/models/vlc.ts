/**
 * VLC: words and patches share one transformer that starts as a masked autoencoder; in pretraining most patches are
 * removed, and a small decoder paints them. Gui et al. 2022, arXiv:2205.09256.
 * B pictures, C texts, T words, P patches read (class token included), D width.
 *
 * Differs: the original draws what to remove in the evaluation of pretraining too; here only training draws, and
 * otherwise patches are removed where noise is given.
 */
import { fail } from "../core/errors.ts";
import { dropout } from "../graph/functions.ts";
import type { Tensor } from "../graph/tensor.ts";
import { randomBits } from "../graph/trace.ts";
import { encoderBlock } from "../nn/block.ts";
import { pooler } from "../nn/heads.ts";
import { normal } from "../nn/init.ts";
import { layerNorm } from "../nn/norm.ts";
import { repeat, type Scope } from "../nn/scope.ts";
import type {
  Colours,
  FusedState,
  FusionModel,
  ImageInput,
  ImageState,
  Removal,
  TextInput,
  TextState,
} from "./contracts.ts";
import { type BareWordsConfig, bareWords } from "./encoders/bare-words.ts";
import { type EmbeddedImage, type VitConfig, vit } from "./encoders/vit.ts";
import { singleStream } from "./fusions/single-stream.ts";
import { removePatches } from "./mae.ts";

/** The transformer and its patches: the encoder of a masked autoencoder by name and shape, so that a published one fills it. */
export interface VlcImageConfig
  extends Pick<
    VitConfig,
    | "imageSize"
    | "patch"
    | "width"
    | "depth"
    | "heads"
    | "hidden"
    | "activation"
    | "dropout"
    | "epsilon"
    | "dropPath"
  > {
  readonly kind: "vit";
  readonly normFirst: false;
  /** Sines and cosines that are not trained. */
  readonly positions: "fixed";
  readonly colours: Colours;
  readonly from?: string | undefined;
}

/** `image` is the shared transformer with the patches, `text` the words' vectors, equally wide. */
export interface VlcConfig {
  readonly image: VlcImageConfig;
  readonly text: { readonly kind: "words" } & BareWordsConfig & {
      readonly tokenizer?: string | undefined;
      readonly from?: string | undefined;
    };
  /** Share of a picture's patches that training leaves out: 0.6 in pretraining, 0 in fine-tuning. */
  readonly removed: number;
  /** Pictures that a text can be read with, one at a time: 1 when absent, 2 where statements compare two (NLVR2). */
  readonly pictures?: number | undefined;
}

/** What is read of pictures; `removal` says which patches are not, absent where all are. */
export interface VlcImageState extends ImageState {
  readonly removal?: Removal | undefined;
}

/** The whole model. */
export interface Vlc extends FusionModel {
  /** In training the patches to remove are drawn; otherwise all are read. */
  encodeImage(image: ImageInput): VlcImageState;
  /** `picture` says which of a text's pictures it is, from 0. */
  fuse(image: ImageState, text: TextState, picture?: number): FusedState;
}

/** Paths below `at`: image, text, kinds, pooler. The summary is the first word, through tanh of a linear layer. */
export function vlc(at: Scope, c: VlcConfig): Vlc {
  const { width, depth, epsilon } = c.image;
  if (c.text.width !== width) {
    fail("config", `${at.path}, text.width`, {
      expected: `${width}, the width of image`,
      got: `${c.text.width}`,
    });
  }
  const image = at.in("image");
  const { embed } = vit(image, { ...c.image, depth: 0, finalNorm: "none" });
  const embedPicture = image.layer((input: ImageInput, given?: Tensor) => {
    const whole = embed(input);
    const noise = c.removed > 0 ? (given ?? drawn(whole)) : undefined;
    if (noise === undefined) {
      return { tokens: dropout(whole.tokens, c.image.dropout), keep: whole.keep, removal: undefined };
    }
    const { tokens, ...removal } = removePatches(whole.tokens, noise, c.removed);
    const keep = whole.keep && keptOf(whole.keep, noise, c.removed);
    return { tokens: dropout(tokens, c.image.dropout), keep, removal };
  });
  const blocks = repeat(depth, (i) => {
    const dropPath = (c.image.dropPath ?? 0) * (i / Math.max(1, depth - 1));
    return encoderBlock(image.in(`blocks.${i}`), { ...c.image, norm: "pre", dropPath });
  });
  const { readWords, readPatches, readBoth } = singleStream(
    blocks,
    layerNorm(image.in("norm"), width, epsilon),
  );
  const words = bareWords(at.in("text"), c.text);
  const kinds = at.param("kinds", [1 + (c.pictures ?? 1), width], normal(at.std), { of: "kinds" }); // row 0 marks words, 1 + i picture i
  const kind = (row: number) => kinds.slice(0, row, row + 1);
  const pool = pooler(at.in("pooler"), width);
  const encode = at.layer((input: ImageInput, noise?: Tensor) => {
    const { tokens, keep, removal } = embedPicture(input, noise);
    return { ...readPatches(tokens.add(kind(1)), keep), removal };
  });

  return {
    widths: { image: width, text: width },
    fusedWidths: { words: width, pooled: width },
    colours: c.image.colours,
    specials: 1,
    encodeImage: (input) => encode(input),
    encodeVisible:
      c.removed === 0
        ? undefined
        : (input, noise) => {
            const { removal, ...state } = encode(input, noise);
            return { ...state, removal: removal! };
          },
    encodeText: at.layer((input: TextInput) => readWords(words.encode(input).words.add(kind(0)), input.keep)),
    fuse: at.layer((image, text, picture = 0) => {
      const marked = image.layers[0]!; // as picture 0
      const patches = picture === 0 ? marked : marked.add(kind(1 + picture).sub(kind(1)));
      const fused = readBoth({
        words: text.layers[0]!,
        keepWords: text.keep,
        patches,
        keepPatches: image.keep,
      });
      return { ...fused, pooled: pool(fused.words.at(1, 0)) };
    }),
  };
}

/** f32[B,h*w]; undefined outside training. */
function drawn({ tokens, grid }: EmbeddedImage): Tensor | undefined {
  return randomBits([tokens.shape[0]!, grid[0] * grid[1]])?.cast("f32");
}

/** bool[B,1+P] of all tokens as that of those left. */
function keptOf(keep: Tensor, noise: Tensor, ratio: number): Tensor {
  const { tokens } = removePatches(keep.cast("f32").unsqueeze(2), noise, ratio);
  return tokens.at(2, 0).less(0.5).not();
}
