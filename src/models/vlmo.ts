/**
 * VLMo: one transformer that encodes pictures or texts alone, and fuses them, by experts for words, patches and both.
 * Bao et al. 2022, arXiv:2111.02358, section 3.
 * C pairs, T words, P patches (class token included), N = T + P, D width.
 *
 * Differs: the original pads every text to one length and sends tokens to experts by that place; here the words are as
 * many as they are.
 */
import { fail } from "../core/errors.ts";
import { sameShape } from "../core/shape.ts";
import { dropout } from "../graph/functions.ts";
import { dims } from "../graph/rearrange.ts";
import { concat, type Tensor } from "../graph/tensor.ts";
import type { BlockOutput } from "../nn/block.ts";
import { type ExpertBlock, expertBlock } from "../nn/expert-block.ts";
import { gridBias } from "../nn/grid-positions.ts";
import { pooler } from "../nn/heads.ts";
import { normal, zeros } from "../nn/init.ts";
import { layerNorm } from "../nn/norm.ts";
import { repeat, type Scope } from "../nn/scope.ts";
import { wordBias } from "../nn/word-bias.ts";
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
import { gridOf, type VitConfig, vit } from "./encoders/vit.ts";
import { singleStream } from "./fusions/single-stream.ts";

/** The shared attention with the patches' experts: a BEiT by name and shape, so that a published one fills it. */
export interface VlmoImageConfig
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
    | "layerScale"
    | "dropPath"
  > {
  readonly kind: "vit";
  readonly normFirst: false;
  readonly colours: Colours;
  readonly from?: string | undefined;
  /** Where patches are: a vector for each place, or "none" with `relativePositions`. */
  readonly positions: "learned" | "none";
  /** A bias on attention scores by distance, of patches and of words, whose vectors then do not carry their position. */
  readonly relativePositions?: "each" | undefined;
}

/** `image` is the shared transformer, `text` the words' vectors, equally wide. */
export interface VlmoConfig {
  readonly image: VlmoImageConfig;
  /** `textLength` is also how far the words' relative positions reach. */
  readonly text: { readonly kind: "words" } & BareWordsConfig & {
      readonly tokenizer?: string | undefined;
      readonly from?: undefined;
    };
  /** The first block, from 0, in which fusion feeds all tokens to one expert; `image.depth`: none does. */
  readonly jointFrom: number;
  /** Pictures that a text can be read with, one at a time: 1 when absent, 2 where statements compare two (NLVR2). */
  readonly pictures?: number | undefined;
}

/** Told which of a text's pictures it sees, from 0. */
export interface Vlmo extends FusionModel {
  /**
   * Further summaries of a picture or a text alone, f32[B,D]: its state before block `jointFrom`, carried on by the joint
   * experts. Contrast compares these too, by projections and a temperature of their own, and takes the mean of both
   * losses (as the original code has it).
   */
  readonly joint: { image(state: ImageState): Tensor; text(state: TextState): Tensor };
  fuse(image: ImageState, text: TextState, picture?: number): FusedState;
}

/**
 * Paths below `at`: image (attention and patches' experts), text (words' vectors and experts), joint (experts of both),
 * kinds, pooler. The summary of a pair is the first word, through tanh of a linear layer.
 */
export function vlmo(at: Scope, c: VlmoConfig): Vlmo {
  const { width, depth } = c.image;
  const grid = gridOf(c.image);
  const relative = c.image.relativePositions === "each";
  checkConfig(at, c);
  const [image, text] = [at.in("image"), at.in("text")];
  const { embed } = vit(image, { ...c.image, depth: 0, finalNorm: "none", relativePositions: undefined });
  const embedPicture = image.layer((input: ImageInput, change?: (patches: Tensor) => Tensor) => {
    const { tokens, keep, grid: found } = embed(input, change);
    if (!sameShape(found, grid)) {
      fail("shape", image.path, {
        expected: `${grid.join(" by ")} patches`,
        got: found.join(" by "),
        todo: "resize the pictures, or ask for another image.imageSize",
      });
    }
    return { tokens: dropout(tokens, c.image.dropout), keep };
  });
  const words = bareWords(text, { ...c.text, textLength: relative ? 0 : c.text.textLength });
  const kinds = at.param("kinds", [1 + (c.pictures ?? 1), width], normal(at.std), { of: "kinds" }); // row 0 marks words, 1 + i picture i
  const kind = (row: number) => kinds.slice(0, row, row + 1);
  const blocks = repeat(depth, (i): Block => {
    const path = `blocks.${i}`;
    const joint = i < c.jointFrom ? undefined : at.in(`joint.${path}`);
    const dropPath = (c.image.dropPath ?? 0) * (i / Math.max(1, depth - 1));
    const experts = expertBlock(image.in(path), { ...c.image, dropPath }, { words: text.in(path), joint });
    return { experts, bias: relative ? relativeBias(at, path, c) : undefined };
  });
  const norm = layerNorm(image.in("norm"), width, c.image.epsilon);
  const pool = pooler(at.in("pooler"), width);

  /** The blocks from `first` on, read in the way asked for. */
  const stream = (first: number, read: (block: Block, x: Tensor, keep?: Tensor) => BlockOutput) =>
    singleStream(
      blocks.slice(first).map((block) => (x: Tensor, keep?: Tensor) => read(block, x, keep)),
      norm,
    );
  const onWords = ({ bias }: Block, x: Tensor, keep?: Tensor) => sum(keep, bias?.words(x.shape[1]!));
  const onPatches = ({ bias }: Block, keep?: Tensor) => sum(keep, bias?.patches());
  const ofWords = stream(0, (block, x, keep) => block.experts.words(x, onWords(block, x, keep)));
  const ofPatches = stream(0, (block, x, keep) => block.experts.patches(x, onPatches(block, keep)));
  const jointWords = stream(c.jointFrom, (block, x, keep) =>
    block.experts.joint!(x, onWords(block, x, keep)),
  );
  const jointPatches = stream(c.jointFrom, (block, x, keep) =>
    block.experts.joint!(x, onPatches(block, keep)),
  );
  const pairs = (T: number) =>
    stream(0, ({ experts, bias }, x, keep) => experts.pair(x, T, sum(keep, bias?.pair(T))));

  const encode = (input: ImageInput, change?: (patches: Tensor) => Tensor): ImageState => {
    const { tokens, keep } = embedPicture(input, change);
    return ofPatches.readPatches(tokens.add(kind(1)), keep);
  };

  return {
    widths: { image: width, text: width },
    fusedWidths: { words: width, pooled: width },
    colours: c.image.colours,
    specials: 1,
    encodeImage: at.layer((input) => encode(input)),
    encodeHidden: at.layer((input, places, vector) =>
      encode(input, (patches) => places.unsqueeze(2).where(vector, patches)),
    ),
    encodeText: at.layer((input: TextInput) =>
      ofWords.readWords(words.encode(input).words.add(kind(0)), input.keep),
    ),
    joint: {
      image: at.layer(({ layers, keep }) => jointPatches.readPatches(layers[c.jointFrom]!, keep).pooled),
      text: at.layer(({ layers, keep }) => jointWords.readWords(layers[c.jointFrom]!, keep).pooled),
    },
    fuse: at.layer((image, text, picture = 0) => {
      const { T } = dims([text.words, "C T D"], [image.patches, "C P D"]);
      const marked = image.layers[0]!; // as picture 0
      const patches = picture === 0 ? marked : marked.add(kind(1 + picture).sub(kind(1)));
      const fused = pairs(T).readBoth({
        words: text.layers[0]!,
        keepWords: text.keep,
        patches,
        keepPatches: image.keep,
      });
      return { ...fused, pooled: pool(fused.words.at(1, 0)) };
    }),
  };
}

/** Experts with what their attention adds to the scores by distance. */
interface Block {
  readonly experts: ExpertBlock;
  readonly bias: ReturnType<typeof relativeBias> | undefined;
}

/**
 * What a block adds to the scores: by distance among words and among patches, and one number for each way between the
 * two. f32[1,H,T,T], [1,H,P,P] and [1,H,N,N].
 */
function relativeBias(at: Scope, path: string, { image, text }: VlmoConfig) {
  const { heads } = image;
  const grid = gridOf(image);
  const patches = gridBias(at.in(`image.${path}.relative`), { heads, grid });
  const words = wordBias(at.in(`text.${path}.relative`), { heads, textLength: text.textLength });
  const between = at.in(`joint.${path}`).param("between", [2, heads], zeros); // row 0 from words to patches, 1 back
  const across = (row: number, from: number, to: number) =>
    between
      .slice(0, row, row + 1)
      .reshape([1, heads, 1, 1])
      .expand([1, heads, from, to]);
  const P = 1 + grid[0] * grid[1];
  return {
    words,
    patches: () => patches(grid),
    pair: (T: number) => {
      const fromWords = concat([words(T), across(0, T, P)], 3);
      const fromPatches = concat([across(1, P, T), patches(grid)], 3);
      return concat([fromWords, fromPatches], 2);
    },
  };
}

function sum(a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined {
  return a && b ? a.add(b) : (a ?? b);
}

function checkConfig(at: Scope, { image, text, jointFrom }: VlmoConfig): void {
  if (text.width !== image.width) {
    fail("config", `${at.path}, text.width`, {
      expected: `${image.width}, the width of image`,
      got: `${text.width}`,
    });
  }
  if (jointFrom > image.depth) {
    fail("config", `${at.path}, jointFrom`, {
      expected: `at most ${image.depth}, image.depth`,
      got: `${jointFrom}`,
    });
  }
}
