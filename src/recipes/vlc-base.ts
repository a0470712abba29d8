/**
 * VLC as published, base: one ViT-B/16 that starts as a masked autoencoder, 60 % of the patches removed (Gui et al.
 * 2022, arXiv:2205.09256, section 3). MAE's decoder paints the removed patches, in the pass of masked words.
 * Hyper-parameters are those of the original code's configuration and README. Data of the paper: COCO, Visual Genome,
 * SBU, Conceptual Captions.
 *
 * Command: bifocal train vlc-base data.root=/data --out runs/vlc-base
 */
import { colours } from "../models/colours.ts";
import { data, mlm, pretraining, randomItm } from "./pretraining.ts";
import type { Recipe } from "./recipe.ts";
import { bertWords, vitB } from "./towers-published.ts";

/** That of MAE (He et al. 2022, arXiv:2111.06377, section 3). */
const decoder = {
  width: 512,
  depth: 8,
  heads: 16,
  hidden: 2048,
  activation: "exact",
  dropout: 0,
  epsilon: 1e-6,
} as const;

/** As many parameters as ViLT with smaller patches. */
export const vlcBase: Recipe = {
  name: "vlc-base",
  description: "VLC with 110 M parameters: one ViT-B/16 from MAE for words and patches",
  model: {
    kind: "vlc",
    std: 0.02,
    image: {
      ...vitB,
      colours: colours.imagenet,
      from: "facebook/vit-mae-base",
      imageSize: 384,
      patch: 16,
      positions: "fixed",
    },
    text: bertWords,
    removed: 0.6,
  },
  task: { kind: "pretrain", mlm: mlm(true), itm: randomItm, mimPixel: { weight: 1, decoder } },
  data,
  train: pretraining({ lr: 1e-4, steps: 25_000, warmupSteps: 2500, pictures: 4096, textLength: 40 }),
};
