/** Sizes of published towers, for recipes: with `from` training starts from their weights, and `plan` needs no network. */
import { colours } from "../models/colours.ts";

const base = { width: 768, heads: 12, hidden: 3072 } as const;
const large = { width: 1024, heads: 16, hidden: 4096 } as const;

const clip = {
  kind: "vit",
  colours: colours.clip,
  normFirst: true,
  activation: "quick",
  dropout: 0,
  epsilon: 1e-5,
} as const;

/** CLIP's ViT-B/16 (Radford et al. 2021, arXiv:2103.00020). */
export const clipB16 = {
  ...clip,
  ...base,
  from: "openai/clip-vit-base-patch16",
  imageSize: 224,
  patch: 16,
  depth: 12,
} as const;

/** CLIP's ViT-L/14. */
export const clipL14 = {
  ...clip,
  ...large,
  from: "openai/clip-vit-large-patch14",
  imageSize: 224,
  patch: 14,
  depth: 24,
} as const;

/** Trunk of the ViT-B family without its patches: for models that read words with it too. */
export const vitB = {
  kind: "vit",
  ...base,
  depth: 12,
  activation: "exact",
  dropout: 0,
  normFirst: false,
  epsilon: 1e-6,
} as const;

const roberta = {
  kind: "bert",
  vocab: 50265,
  textLength: 512,
  positionOffset: 2,
  segments: 1,
  activation: "exact",
  norm: "post",
  dropout: 0.1,
  epsilon: 1e-5,
} as const;

/** RoBERTa-base (Liu et al. 2019, arXiv:1907.11692). */
export const robertaBase = {
  ...roberta,
  ...base,
  from: "FacebookAI/roberta-base",
  tokenizer: "FacebookAI/roberta-base",
  depth: 12,
} as const;

/** RoBERTa-large. */
export const robertaLarge = {
  ...roberta,
  ...large,
  from: "FacebookAI/roberta-large",
  tokenizer: "FacebookAI/roberta-large",
  depth: 24,
} as const;

const bertTables = {
  tokenizer: "google-bert/bert-base-uncased",
  vocab: 30522,
  positionOffset: 0,
  segments: 2,
  dropout: 0.1,
  epsilon: 1e-12,
} as const;

/** BERT-base, uncased (Devlin et al. 2019, arXiv:1810.04805). */
export const bertBase = {
  kind: "bert",
  ...bertTables,
  ...base,
  from: "google-bert/bert-base-uncased",
  textLength: 512,
  depth: 12,
  activation: "exact",
  norm: "post",
} as const;

/** BERT's tables without its blocks, new. */
export const bertWords = { kind: "words", ...bertTables, textLength: 40, width: 768 } as const;

/** ELECTRA-small's discriminator (Clark et al. 2020, arXiv:2003.10555). */
export const electraSmall = {
  kind: "bert",
  ...bertTables,
  from: "google/electra-small-discriminator",
  tokenizer: "google/electra-small-discriminator",
  textLength: 512,
  embeddingWidth: 128,
  width: 256,
  depth: 12,
  heads: 4,
  hidden: 1024,
  activation: "exact",
  norm: "post",
} as const;

/** DeiT-Tiny/16 (Touvron et al. 2021, arXiv:2012.12877), without distillation. */
export const deitTiny = {
  kind: "vit",
  colours: colours.imagenet,
  from: "facebook/deit-tiny-patch16-224",
  imageSize: 224,
  patch: 16,
  width: 192,
  depth: 12,
  heads: 3,
  hidden: 768,
  activation: "exact",
  dropout: 0,
  normFirst: false,
  epsilon: 1e-12,
} as const;

/** Swin-B with windows of 12, for pictures of 384 pixels (Liu et al. 2021, arXiv:2103.14030). */
export const swinB384 = {
  kind: "swin",
  colours: colours.imagenet,
  from: "microsoft/swin-base-patch4-window12-384",
  imageSize: 384,
  patch: 4,
  window: 12,
  widths: [128, 256, 512, 1024],
  depths: [2, 2, 18, 2],
  heads: [4, 8, 16, 32],
  expansion: 4,
  activation: "exact",
  dropout: 0,
  dropPath: 0.1,
  epsilon: 1e-5,
  absolutePositions: false,
} as const;
