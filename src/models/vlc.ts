/**
 * VLC: words and patches share one transformer that starts as a masked autoencoder; in pretraining most patches are
 * removed, and a small decoder paints them. Gui et al. 2022, arXiv:2205.09256.
 * B pictures, C texts, T words, P patches read (class token included), D width.
 *
 * Differs: the original removes patches in the evaluation of pretraining too, here only training does.
 */
import { fail } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";
import { dropout } from "../graph/functions.ts";
import { apply, type Tensor } from "../graph/tensor.ts";
import { randomSite } from "../graph/trace.ts";
import { encoderBlock } from "../nn/block.ts";
import { pooler } from "../nn/heads.ts";
import { normal } from "../nn/init.ts";
import { layerNorm } from "../nn/norm.ts";
import { repeat, type Scope } from "../nn/scope.ts";
import type { Colours, FusionModel, ImageInput, ImageState, TextInput, TextState } from "./contracts.ts";
import { type BareWordsConfig, bareWords } from "./encoders/bare-words.ts";
import { type EmbeddedImage, type VitConfig, vit } from "./encoders/vit.ts";
import type { FlowState } from "./fusions/attention-flow.ts";
import { singleStream } from "./fusions/single-stream.ts";
import { removePatches, type Visible } from "./mae.ts";

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

/** Pictures, and what decides which of their patches are removed. */
export interface VlcImage extends ImageInput {
  /** f32[B,P]: the patches with the largest numbers are removed; drawn when absent, in training only. */
  readonly noise?: Tensor | undefined;
}

/** What is read of pictures; `removal` says which patches are not, absent where all are. */
export interface VlcImageState extends ImageState {
  readonly removal?: Omit<Visible, "tokens"> | undefined;
}

/** The whole model. */
export interface Vlc extends FusionModel {
  encodeImage(image: VlcImage): VlcImageState;
  /** `picture` says which of a text's pictures it is, from 0. */
  fuse(image: ImageState, text: TextState, picture?: number): FlowState;
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
  const embedPicture = image.layer((input: VlcImage) => {
    const { tokens, ...rest } = visible(embed(input), c.removed, input.noise);
    return { tokens: dropout(tokens, c.image.dropout), ...rest };
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
  const kinds = at.param("kinds", [1 + (c.pictures ?? 1), width], normal(at.std)); // row 0 marks words, 1 + i picture i
  const kind = (row: number) => kinds.slice(0, row, row + 1);
  const pool = pooler(at.in("pooler"), width);

  return {
    widths: { image: width, text: width },
    fusedWidths: { words: width, pooled: width },
    colours: c.image.colours,
    specials: 1,
    encodeImage: at.layer((input) => {
      const { tokens, keep, removal } = embedPicture(input);
      return { ...readPatches(tokens.add(kind(1)), keep), removal };
    }),
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

/** The class token and the patches that are left; all of them where there is no noise. */
function visible({ tokens, keep, grid }: EmbeddedImage, ratio: number, given?: Tensor) {
  const noise = ratio > 0 ? (given ?? drawn([tokens.shape[0]!, grid[0] * grid[1]])) : undefined;
  if (noise === undefined) return { tokens, keep, removal: undefined };
  const { tokens: left, ...removal } = removePatches(tokens, noise, ratio);
  return { tokens: left, keep: keep && keptOf(keep, noise, ratio), removal };
}

/** Undefined outside training. */
function drawn(shape: Shape): Tensor | undefined {
  const random = randomSite();
  return random && apply("randomBits", { shape, site: random.site }, random.key).cast("f32");
}

/** bool[B,1+P] of all tokens as that of those left. */
function keptOf(keep: Tensor, noise: Tensor, ratio: number): Tensor {
  const { tokens } = removePatches(keep.cast("f32").unsqueeze(2), noise, ratio);
  return tokens.at(2, 0).less(0.5).not();
}
