/**
 * ViLT: words and patches share one transformer; there is no image backbone and no text encoder.
 * Kim, Son & Kim 2021, arXiv:2102.03334, section 3.
 * B pictures, C texts, T words, P patches (class token included), h x w the canvas in patches, D width.
 *
 * Differs: the original sees what is padding by pixels whose colours sum to 0, here `keep` says it; it draws patches
 * in evaluation too, here only training does. What a tower of other models says of one modality alone, the
 * transformer says here when it reads that modality alone; the paper has no use for it.
 */
import { fail } from "../core/errors.ts";
import { dropout } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import { concat, constant, full, iota, type Tensor } from "../graph/tensor.ts";
import { randomBits } from "../graph/trace.ts";
import { keepBias } from "../nn/attention.ts";
import { encoderBlock, runBlocks } from "../nn/block.ts";
import { patchEmbedding } from "../nn/embedding.ts";
import { fittedPositions } from "../nn/fitted-positions.ts";
import type { Grid } from "../nn/grid-positions.ts";
import { pooler } from "../nn/heads.ts";
import { normal } from "../nn/init.ts";
import { layerNorm } from "../nn/norm.ts";
import { repeat, type Scope } from "../nn/scope.ts";
import { tokensAt } from "../nn/tokens.ts";
import type {
  Colours,
  FusedState,
  FusionModel,
  ImageInput,
  ImageState,
  TextInput,
  TextState,
} from "./contracts.ts";
import { type BareWordsConfig, bareWords } from "./encoders/bare-words.ts";
import { gridOf, type VitConfig } from "./encoders/vit.ts";
import { selfFlow } from "./fusions/attention-flow.ts";

/** The transformer and its patches: a ViT by name and shape, so that a published one fills it. */
export interface ViltImageConfig
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
    | "projectionBias"
  > {
  readonly kind: "vit";
  readonly normFirst: false;
  readonly colours: Colours;
  readonly from?: string | undefined;
  /** In training a picture with more patches shows so many of them, drawn at random; absent: all. 200 in the paper. */
  readonly patchLimit?: number | undefined;
}

/** `image` is the shared transformer with the patches, `text` the words' vectors, equally wide. */
export interface ViltConfig {
  readonly image: ViltImageConfig;
  readonly text: { readonly kind: "words" } & BareWordsConfig & {
      readonly tokenizer?: string | undefined;
      readonly from?: string | undefined;
    };
  /** Pictures that a text can be read with, one at a time: 1, or 2 where statements compare two (NLVR2). */
  readonly pictures: number;
}

/** Pictures, of which some patches may be hidden or left out. */
export interface ViltImage extends ImageInput {
  /** Patches of the canvas, bool[B,h*w] row by row, in whose place `vector` f32[D] stands. */
  readonly hidden?: { readonly places: Tensor; readonly vector: Tensor } | undefined;
}

/** What is read of pictures, with the places of its patches. */
export interface ViltImageState extends ImageState {
  /** i32[B,P-1]: each patch's place on the canvas, row by row; absent when it is 0, 1, 2 ... */
  readonly places?: Tensor | undefined;
}

/** Both modalities through all blocks. */
interface Run {
  /** f32[C,N,D], after the last norm. */
  readonly tokens: Tensor;
  /** As in `ImageState`, of all N tokens. */
  readonly layers: readonly Tensor[];
  readonly attention: readonly Tensor[];
}

/** ViLT without its pooler. */
export interface ViltTrunk extends Omit<FusionModel, "fuse" | "fusedWidths"> {
  /** The words' vectors f32[vocab, D], which a head may be tied to. */
  readonly table: Tensor;
  encodeImage(image: ViltImage): ViltImageState;
  /** Words first, then patches; `picture` says which of a text's pictures it is, from 0. */
  join(image: ImageState, text: TextState, picture?: number): Run;
}

/** The whole model. */
export interface Vilt extends FusionModel {
  encodeImage(image: ViltImage): ViltImageState;
  fuse(image: ImageState, text: TextState, picture?: number): FusedState;
}

/** Paths below `at`: image, text, kinds, pooler. The summary is the first word, through tanh of a linear layer. */
export function vilt(at: Scope, c: ViltConfig): Vilt {
  const trunk = viltTrunk(at, c);
  const pool = pooler(at.in("pooler"), c.image.width);
  return {
    ...trunk,
    encodeHidden: (image, places, vector) =>
      trunk.encodeImage({ ...image, hidden: { places, vector }, most: undefined }),
    fusedWidths: { words: c.image.width, pooled: c.image.width },
    fuse: at.layer((image, text, picture) => {
      const { tokens, attention } = trunk.join(image, text, picture);
      const { T, N } = dims([text.words, "C T D"], [tokens, "C N D"]);
      return {
        words: tokens.slice(1, 0, T),
        patches: tokens.slice(1, T, N),
        pooled: pool(tokens.at(1, 0)),
        attention: attention.at(-1)!.slice(2, 0, T).slice(3, T, N), // [C, H, T, P]
        flow: attention.map(selfFlow),
      };
    }),
  };
}

/** As `vilt`, for classes without a pooler. */
export function viltTrunk(at: Scope, c: ViltConfig): ViltTrunk {
  const { width } = c.image;
  if (c.text.width !== width) {
    fail("config", `${at.path}, text.width`, {
      expected: `${width}, the width of image`,
      got: `${c.text.width}`,
    });
  }
  const image = at.in("image");
  const embedPicture = pictureEmbedding(image, c.image);
  const blocks = repeat(c.image.depth, (i) =>
    encoderBlock(image.in(`blocks.${i}`), { ...c.image, norm: "pre" }),
  );
  const norm = layerNorm(image.in("norm"), width, c.image.epsilon);
  const text = bareWords(at.in("text"), c.text);
  const kinds = at.param("kinds", [1 + c.pictures, width], normal(at.std), { of: "kinds" }); // row 0 marks words, row 1 + i picture i
  const kind = (row: number) => kinds.slice(0, row, row + 1);

  const run = (x: Tensor, keep?: Tensor): Run => {
    const { layers, attention } = runBlocks(blocks, x, keep && keepBias(keep));
    return { tokens: norm(layers.at(-1)!), layers, attention };
  };

  return {
    widths: { image: width, text: width },
    colours: c.image.colours,
    specials: 1,
    table: text.table,
    encodeImage: at.layer((input) => {
      const { tokens, keep, places } = embedPicture(input);
      const { tokens: patches, ...traces } = run(tokens.add(kind(1)), keep);
      return { patches, pooled: patches.at(1, 0), keep, places, ...traces };
    }),
    encodeText: at.layer((input: TextInput) => {
      const { tokens: words, ...traces } = run(text.encode(input).words.add(kind(0)), input.keep);
      return { words, pooled: words.at(1, 0), keep: input.keep, ...traces };
    }),
    join: at.layer((image, text, picture = 0) => {
      const { C, P } = dims([text.words, "C T D"], [image.patches, "C P D"]);
      const marked = image.layers[0]!; // as picture 0
      const patches = picture === 0 ? marked : marked.add(kind(1 + picture).sub(kind(1)));
      const keep = concat([text.keep, image.keep ?? full(1, "bool", [C, P])], 1); // [C, N]
      return run(concat([text.layers[0]!, patches], 1), keep);
    }),
  };
}

/** Class token and patches with their positions; a patch is padding where its first pixel is. */
function pictureEmbedding(at: Scope, c: ViltImageConfig) {
  const { width, patch } = c;
  const embedPatches = patchEmbedding(at.in("patches"), { patch, width, bias: true });
  const classToken = at.param("class", [1, 1, width], normal(at.std));
  const positions = fittedPositions(at, { width, grid: gridOf(c) });

  return at.layer(({ pixels, keep, hidden, most }: ViltImage) => {
    const { B, Y, X } = dims([pixels, "B 3 Y X"], ...(keep ? [[keep, "B Y X"] as const] : []));
    const grid = gridOf({ imageSize: [Y, X], patch });
    const [h, w] = grid;
    const seen = embedPatches(pixels.slice(2, 0, h * patch).slice(3, 0, w * patch)); // [B, h w, D]
    const patches = hidden === undefined ? seen : hidden.places.unsqueeze(2).where(hidden.vector, seen);
    const kept = keep && keptPatches(keep, grid); // [B, h, w]
    const placed = patches.add(positions.ofPatches(grid, kept));
    const keptRow = kept?.reshape([B, h * w]);
    const limit = hidden === undefined ? c.patchLimit : undefined; // else all are asked about
    const places = choosePatches(keptRow, [B, h * w], most, limit);

    const chosen = places === undefined ? placed : tokensAt(placed, places);
    const chosenKeep = places && keptRow ? tokensAt(keptRow.cast("f32").unsqueeze(2), places) : undefined;
    const keepChosen = chosenKeep === undefined ? keptRow : chosenKeep.at(2, 0).less(0.5).not();
    const first = classToken.add(positions.ofClass).expand([B, 1, width]);
    return {
      tokens: dropout(concat([first, chosen], 1), c.dropout),
      keep: keepChosen && concat([full(1, "bool", [B, 1]), keepChosen], 1),
      places,
    };
  });
}

/** bool[B,Y,X] of pixels as bool[B,h,w] of patches. */
function keptPatches(keep: Tensor, [h, w]: Grid): Tensor {
  const { Y, X } = dims([keep, "B Y X"]);
  const rows = keep
    .cast("f32")
    .transpose([1, 2, 0])
    .gather(constant("i32", [h], nearestPixels(h, Y))); // [h, X, B]
  const patches = rows.transpose([1, 2, 0]).gather(constant("i32", [w], nearestPixels(w, X))); // [w, B, h]
  return patches.transpose([1, 2, 0]).less(0.5).not();
}

/** Which of `from` pixels stand for `to` patches, in single precision as the published classes reckon. */
export function nearestPixels(to: number, from: number): number[] {
  return Array.from({ length: to }, (_, i) => Math.floor(Math.fround(i * Math.fround(from / to))));
}

/** Which patches are read, i32[B,K]; undefined for all of them in order. */
function choosePatches(
  kept: Tensor | undefined,
  [B, P]: readonly [number, number],
  most: number | undefined,
  limit: number | undefined,
): Tensor | undefined {
  const readable = Math.min(most ?? P, P);
  const bits = limit !== undefined && limit < readable ? randomBits([B, P]) : undefined;
  const count = bits === undefined ? readable : limit!;
  if (bits === undefined && (most === undefined || (kept === undefined && count === P))) return undefined;
  // In [0, 1]: at random in training, else falling with the place. Kept patches are above all others.
  const rank =
    bits === undefined
      ? iota(P)
          .cast("f32")
          .mul(-1 / P)
          .add(1)
          .expand([B, P])
      : bits
          .cast("f32")
          .mul(2 ** -32)
          .add(0.5);
  return (kept === undefined ? rank : rank.add(kept.where(2, 0))).topK(count).indices;
}
