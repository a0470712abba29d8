/**
 * FLAVA: a picture tower, a text tower, and a transformer that reads both, pretrained on pictures alone, texts alone
 * and pairs. Singh et al. 2022, arXiv:2112.04482, section 3.1.
 * B pairs, P patches with the picture's own class token, T words, N = P + T and one more for the class token of the
 * pair, F width of the joint encoder.
 */
import { dims } from "../graph/rearrange.ts";
import { concat, full, type Tensor } from "../graph/tensor.ts";
import { keepBias } from "../nn/attention.ts";
import { type BlockConfig, encoderBlock, runBlocks } from "../nn/block.ts";
import { pooler } from "../nn/heads.ts";
import { normal } from "../nn/init.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { repeat, type Scope } from "../nn/scope.ts";
import type { FusionModel, ImageState, TextState } from "./contracts.ts";
import { type ImageTowerConfig, imageTower, type TextTowerConfig, textTower } from "./encoders/index.ts";
import { selfFlow } from "./fusions/attention-flow.ts";

/** Pre-norm blocks, as those of all three encoders. */
export interface JointEncoderConfig extends Omit<BlockConfig, "norm"> {
  readonly depth: number;
  /** A token of its own in front of patches and words. */
  readonly classToken: boolean;
}

/** FLAVA's towers are a ViT-B/16 and a BERT whose blocks are pre-norm. */
export interface FlavaConfig {
  readonly image: ImageTowerConfig;
  readonly text: TextTowerConfig;
  readonly fusion: JointEncoderConfig;
}

/** What the joint encoder makes of a sequence. */
export interface JointState {
  /** f32[B,N,F], after the last norm. */
  readonly tokens: Tensor;
  /** The first block's input and every block's output, f32[B,N,F]. */
  readonly layers: readonly Tensor[];
  readonly attention: readonly Tensor[];
}

/** x f32[B,P + T,F] to N tokens; keep bool[B,N], true = attend. */
export function jointEncoder(at: Scope, c: JointEncoderConfig) {
  const classToken = c.classToken ? at.param("class", [1, 1, c.width], normal(at.std)) : undefined;
  const blocks = repeat(c.depth, (i) => encoderBlock(at.in(`blocks.${i}`), { ...c, norm: "pre" }));
  const norm = layerNorm(at.in("norm"), c.width, c.epsilon);
  return at.layer((x: Tensor, keep?: Tensor): JointState => {
    const { B, F } = dims([x, "B M F"]);
    const tokens = classToken === undefined ? x : concat([classToken.expand([B, 1, F]), x], 1);
    const { layers, attention } = runBlocks(blocks, tokens, keep && keepBias(keep));
    return { tokens: norm(layers.at(-1)!), layers, attention };
  });
}

/** The towers' states, not yet through their last norms, each through a linear layer, patches before words. */
export function jointReader(
  at: Scope,
  c: JointEncoderConfig,
  widths: { readonly image: number; readonly text: number },
) {
  const projectPatches = linear(at.in("projectPatches"), { from: widths.image, to: c.width });
  const projectWords = linear(at.in("projectWords"), { from: widths.text, to: c.width });
  const encode = jointEncoder(at.in("fusion"), c);
  return at.layer(
    (image: Pick<ImageState, "layers" | "keep">, text: Pick<TextState, "layers" | "keep">): JointState => {
      const patches = projectPatches(image.layers.at(-1)!);
      const words = projectWords(text.layers.at(-1)!);
      const { B, P } = dims([patches, "B P F"], [words, "B T F"], [text.keep, "B T"]);
      const own = c.classToken ? [full(1, "bool", [B, 1])] : [];
      return encode(
        concat([patches, words], 1),
        concat([...own, image.keep ?? full(1, "bool", [B, P]), text.keep], 1),
      );
    },
  );
}

/** Paths below `at`: image, text, projectPatches, projectWords, fusion, pool. The pair's summary is its first token's. */
export function flava(at: Scope, c: FlavaConfig): FusionModel {
  const image = imageTower(at.in("image"), c.image);
  const text = textTower(at.in("text"), c.text);
  const widths = { image: image.width, text: text.width };
  const read = jointReader(at, c.fusion, widths);
  const pool = pooler(at.in("pool"), c.fusion.width);
  const first = c.fusion.classToken ? 1 : 0;

  return {
    widths,
    colours: c.image.colours,
    specials: image.specials,
    fusedWidths: { words: c.fusion.width, pooled: c.fusion.width },
    encodeImage: image.encode,
    encodeText: text.encode,
    fuse: at.layer((picture, sentence) => {
      const { tokens, attention } = read(picture, sentence);
      const [middle, end] = [first + picture.patches.shape[1]!, tokens.shape[1]!];
      return {
        words: tokens.slice(1, middle, end),
        patches: tokens.slice(1, first, middle),
        pooled: pool(tokens.at(1, 0)),
        attention: attention.at(-1)!.slice(2, middle, end).slice(3, first, middle),
        flow: attention.map((weights) => wordsFirst(selfFlow(weights), first, middle)),
      };
    }),
  };
}

/** [C,N,N] of class token, patches and words as that of words, patches and class token. */
function wordsFirst(step: Tensor, first: number, middle: number): Tensor {
  const turned = (x: Tensor, axis: number) => {
    const parts = [x.slice(axis, middle, x.shape[axis]!), x.slice(axis, first, middle)];
    return concat(first === 0 ? parts : [...parts, x.slice(axis, 0, first)], axis);
  };
  return turned(turned(step, 1), 2);
}
