/**
 * DeBERTa: words attend to one another by content and by distance. He et al. 2021, arXiv:2006.03654, section 3; v2 and
 * v3 (He et al. 2023, arXiv:2111.09543) put far distances into buckets, and v2's large ones add a convolution.
 * C texts, T words, W width.
 */
import { dropout } from "../../graph/functions.ts";
import { dims } from "../../graph/rearrange.ts";
import { apply, type Tensor } from "../../graph/tensor.ts";
import { type Activation, activate } from "../../nn/activation.ts";
import { type BlockOutput, feedForward, runBlocks } from "../../nn/block.ts";
import {
  type DisentangledConfig,
  type DisentangledContext,
  type DistanceConfig,
  disentangledAttention,
} from "../../nn/disentangled-attention.ts";
import { normal, zeros } from "../../nn/init.ts";
import { linear } from "../../nn/linear.ts";
import { layerNorm } from "../../nn/norm.ts";
import { repeat, type Scope } from "../../nn/scope.ts";
import { textTables } from "../../nn/text-embedding.ts";
import type { TextInput } from "../contracts.ts";
import type { WordTower } from "./bert.ts";

/** `width` is a multiple of `heads`. */
export interface DebertaConfig extends DisentangledConfig {
  readonly vocab: number;
  readonly textLength: number;
  /** Words carry their position from the start, as in BERT. */
  readonly absolutePositions: boolean;
  readonly segments: number;
  /** Width of the tables, when a linear layer brings their sum to `width`. */
  readonly embeddingWidth?: number | undefined;
  readonly depth: number;
  readonly hidden: number;
  readonly activation: Activation;
  readonly epsilon: number;
  /** `normalised`: a norm on the table of distances. */
  readonly distance?: (DistanceConfig & { readonly normalised: boolean }) | undefined;
  /** A convolution of odd `kernel` over the words beside the first block. */
  readonly convolution?: ConvolutionConfig | undefined;
}

interface ConvolutionConfig {
  readonly kernel: number;
  readonly activation: Activation | "tanh";
}

/** The text's summary is the state of its first token. Padding starts as zeros. */
export function deberta(at: Scope, c: DebertaConfig): WordTower {
  const { embed, table } = embedding(at.in("embedding"), c);
  const distances = distanceTable(at, c);
  const blocks = repeat(c.depth, (i) => block(at.in(`blocks.${i}`), c));
  const convolve = c.convolution && convolution(at.in("convolution"), c, c.convolution);

  return {
    width: c.width,
    table,
    encode: at.layer(({ ids, keep, segments }: TextInput) => {
      dims([ids, "C T"], [keep, "C T"]);
      const kept = keep.cast("f32").unsqueeze(2); // [C, T, 1]
      const context = { keep, distances: distances() };
      const steps = blocks.map((run, i) => (x: Tensor): BlockOutput => {
        const output = run(x, context);
        return i === 0 && convolve ? { ...output, x: convolve(x, output.x, kept) } : output;
      });
      const { layers, attention } = runBlocks(steps, embed(ids, kept, segments));
      const words = layers.at(-1)!;
      return { words, pooled: words.at(1, 0), keep, layers, attention };
    }),
  };
}

/** Tables, projection and norm; zeros at padding. */
function embedding(at: Scope, c: DebertaConfig) {
  const from = c.embeddingWidth ?? c.width;
  const textLength = c.absolutePositions ? c.textLength : 0;
  const tables = textTables(at, { ...c, width: from, textLength, positionOffset: 0 });
  const project =
    c.embeddingWidth === undefined ? undefined : linear(at.in("project"), { from, to: c.width, bias: false });
  const norm = layerNorm(at.in("norm"), c.width, c.epsilon);
  return {
    table: tables.table,
    embed: at.layer((ids: Tensor, kept: Tensor, segments?: Tensor): Tensor => {
      const sum = tables.embed(ids, segments);
      return dropout(norm(project?.(sum) ?? sum).mul(kept), c.dropout);
    }),
  };
}

/** One for all blocks. */
function distanceTable(at: Scope, { distance, width, epsilon }: DebertaConfig): () => Tensor | undefined {
  if (distance === undefined) return () => undefined;
  const table = at.param("distances", [2 * distance.span, width], normal(at.std));
  const norm = distance.normalised ? layerNorm(at.in("distanceNorm"), width, epsilon) : undefined;
  return () => norm?.(table) ?? table;
}

/** BERT's block with another attention. */
function block(at: Scope, c: DebertaConfig) {
  const attend = disentangledAttention(at.in("attention"), c);
  const attentionNorm = layerNorm(at.in("attentionNorm"), c.width, c.epsilon);
  const feed = feedForward(at.in("feed"), c);
  const feedNorm = layerNorm(at.in("feedNorm"), c.width, c.epsilon);
  return at.layer((input: Tensor, context: DisentangledContext): BlockOutput => {
    const { output, weights } = attend(input, context);
    const x = attentionNorm(input.add(dropout(output, c.dropout)));
    return { x: feedNorm(x.add(dropout(feed(x), c.dropout))), weights };
  });
}

/** Words beside one another, read from the first block's input and added to its output. */
function convolution(at: Scope, c: DebertaConfig, { kernel, activation }: ConvolutionConfig) {
  const weight = at.param("weight", [c.width, c.width, kernel, 1], normal(at.std));
  const bias = at.param("bias", [c.width], zeros);
  const norm = layerNorm(at.in("norm"), c.width, c.epsilon);
  const beside = [0, 0, (kernel - 1) / 2, 0];
  return at.layer((input: Tensor, output: Tensor, kept: Tensor): Tensor => {
    const columns = input.swap(1, 2).unsqueeze(3).pad(beside, beside); // [C, W, T + kernel - 1, 1]
    const mixed = apply("conv2d", { stride: 1, padding: 0 }, columns, weight).reshape(
      output.swap(1, 2).shape,
    );
    const read = dropout(mixed.swap(1, 2).add(bias).mul(kept), c.dropout); // [C, T, W]
    const added = activation === "tanh" ? read.tanh() : activate(read, activation);
    return norm(output.add(added)).mul(kept);
  });
}
