/** What a recipe may say about its model, for the edge. */
import { z } from "zod";
import type { ModelConfig } from "../models/index.ts";

/** Sizes. */
export const positive = z.int().positive();
/** Numbers of things, none included. */
export const count = z.int().nonnegative();
/** Probabilities and shares. */
export const rate = z.number().min(0).max(1);

const norm = z.enum(["pre", "post"]);
const rgb = z.tuple([z.number(), z.number(), z.number()]);
/** A model of the hub or a folder. */
export const published = z.string().min(1).optional();

/** Sizes of a stack of transformer blocks. */
export const blocks = {
  width: positive,
  depth: positive,
  heads: positive,
  hidden: positive,
  activation: z.enum(["exact", "tanh", "quick", "relu", "silu"]),
  dropout: rate,
  epsilon: z.number().positive(),
};

const imageSide = {
  imageSize: z.union([positive, z.tuple([positive, positive])]),
  colours: z.strictObject({ mean: rgb, std: rgb }),
  from: published,
};

const textSide = {
  tokenizer: published,
  from: published,
  vocab: positive,
  textLength: positive,
};

const projectionBias = z.enum(["all", "not-key", "none"]);

const vit = z.strictObject({
  kind: z.literal("vit"),
  ...imageSide,
  ...blocks,
  patch: positive,
  normFirst: z.boolean(),
  specials: z.array(z.enum(["class", "distillation"])).optional(),
  registers: count.optional(),
  positions: z.enum(["learned", "fixed", "none"]).optional(),
  interpolation: z.enum(["bicubic", "smooth"]).optional(),
  relativePositions: z.enum(["each", "shared", "both"]).optional(),
  projectionBias: projectionBias.optional(),
  layerScale: z.number().optional(),
  gated: z.boolean().optional(),
  dropPath: rate.optional(),
  pooling: z.enum(["class", "mean", "attention"]).optional(),
  finalNorm: z.enum(["tokens", "summary", "none"]).optional(),
});

const swin = z.strictObject({
  kind: z.literal("swin"),
  ...imageSide,
  patch: positive,
  window: positive,
  widths: z.array(positive).min(1),
  depths: z.array(positive).min(1),
  heads: z.array(positive).min(1),
  expansion: z.number().positive(),
  activation: blocks.activation,
  dropout: rate,
  epsilon: blocks.epsilon,
  absolutePositions: z.boolean(),
  projectionBias: projectionBias.optional(),
  dropPath: rate.optional(),
});

const resnet = z.strictObject({
  kind: z.literal("resnet"),
  ...imageSide,
  stem: positive,
  depths: z.array(positive).min(1),
  widths: z.array(positive).min(1),
  layer: z.enum(["basic", "bottleneck"]),
  strideAt: z.union([z.literal(0), z.literal(1)]),
  halveFirst: z.boolean(),
});

/** Towers for pictures. */
const image = z.discriminatedUnion("kind", [vit, swin, resnet]);

const tables = { segments: count, embeddingWidth: positive.optional() };

const bert = z.strictObject({
  kind: z.literal("bert"),
  ...textSide,
  ...blocks,
  ...tables,
  norm,
  positionOffset: count,
});

const albert = z.strictObject({
  kind: z.literal("albert"),
  ...textSide,
  ...blocks,
  segments: count,
  embeddingWidth: positive,
  groups: positive,
  blocksPerGroup: positive,
});

const deberta = z.strictObject({
  kind: z.literal("deberta"),
  ...textSide,
  ...blocks,
  ...tables,
  absolutePositions: z.boolean(),
  keyBias: z.boolean(),
  positionTerms: z.array(z.enum(["c2p", "p2c"])),
  distance: z
    .strictObject({
      span: positive,
      farthest: positive.optional(),
      shared: z.boolean(),
      normalised: z.boolean(),
    })
    .optional(),
  convolution: z
    .strictObject({ kernel: positive, activation: z.enum([...blocks.activation.options, "tanh"]) })
    .optional(),
});

const clipText = z.strictObject({
  kind: z.literal("clip-text"),
  ...textSide,
  ...blocks,
  causal: z.boolean(),
  endToken: z.union([count, z.enum(["highest", "last"])]),
});

const words = z.strictObject({
  kind: z.literal("words"),
  ...textSide,
  width: positive,
  positionOffset: count,
  segments: count,
  dropout: rate,
  epsilon: z.number().positive(),
});

/** Towers for texts. */
const text = z.discriminatedUnion("kind", [bert, albert, deberta, clipText, words]);

const stream = { ...blocks, norm };

/** As wide as the fusion. */
const decoder = z.strictObject(stream).omit({ width: true }).optional();

const common = { std: z.number().positive(), image, text };

/** Where statements compare two pictures. */
const pictures = positive.max(2).optional();

const patches = z.strictObject({
  kind: z.literal("patches"),
  ...imageSide,
  patch: positive,
  width: positive,
  dropout: rate,
});

/** The transformer of models that have one for words and patches. */
const trunk = {
  kind: z.literal("vit"),
  ...imageSide,
  ...blocks,
  patch: positive,
  normFirst: z.literal(false),
};

const vilt = z.strictObject({
  kind: z.literal("vilt"),
  std: common.std,
  image: z.strictObject({
    ...trunk,
    projectionBias: projectionBias.optional(),
    patchLimit: positive.optional(),
  }),
  text: words,
  pictures: positive.max(2),
  decoder,
});

const vlc = z.strictObject({
  kind: z.literal("vlc"),
  std: common.std,
  image: z.strictObject({ ...trunk, positions: z.literal("fixed"), dropPath: rate.optional() }),
  text: words,
  removed: rate,
  pictures,
  decoder,
});

const vlmo = z.strictObject({
  kind: z.literal("vlmo"),
  std: common.std,
  image: z.strictObject({
    ...trunk,
    positions: z.enum(["learned", "none"]),
    relativePositions: z.literal("each").optional(),
    projectionBias: projectionBias.optional(),
    layerScale: z.number().optional(),
    dropPath: rate.optional(),
  }),
  text: words.extend({ from: z.undefined().optional() }),
  jointFrom: count,
  pictures,
  decoder,
});

const oneTower = z.strictObject({
  kind: z.literal("one-tower"),
  std: common.std,
  image: patches,
  text: words,
  tower: z.strictObject({ ...stream, finalNorm: z.enum(["tokens", "none"]).optional(), from: published }),
  pooler: z.enum(["single", "double"]),
  pictures,
  decoder,
});

const visualParsing = z.strictObject({
  kind: z.literal("visual-parsing"),
  std: common.std,
  image,
  text: bert.omit({ embeddingWidth: true }),
  decoder,
});

const flava = z.strictObject({
  kind: z.literal("flava"),
  ...common,
  fusion: z.strictObject({ ...blocks, classToken: z.boolean() }),
  decoder,
});

const meter = z.strictObject({
  kind: z.literal("meter"),
  ...common,
  fusion: z.strictObject({ kind: z.enum(["co-attention", "merged-attention", "lxmert-cross"]), ...stream }),
  pictures,
  decoder,
});

const bridgetower = z.strictObject({
  kind: z.literal("bridgetower"),
  ...common,
  fusion: z.strictObject({
    ...stream,
    bridge: z.enum(["add", "scaled-add", "interpolate"]),
    bridgeEpsilon: z.number().positive(),
    projections: z.enum(["shared", "each"]),
  }),
  pictures,
  decoder,
});

/** A model, its parts checked one by one; how they fit together is checked with the run. */
export const modelSchema = z.discriminatedUnion("kind", [
  meter,
  bridgetower,
  z.strictObject({ kind: z.literal("dual-encoder"), ...common }),
  flava,
  oneTower,
  vilt,
  visualParsing,
  vlc,
  vlmo,
]) satisfies z.ZodType<ModelConfig>;
