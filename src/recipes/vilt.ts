/**
 * ViLT as published: one ViT-B/32 for words and patches (Kim, Son & Kim 2021, arXiv:2102.03334, sections 3 and 4.1).
 * Objectives: masked words by whole words, matching, and word-patch alignment at a tenth (section 3.2). The paper tried
 * masked patch prediction and dropped it: --set 'task.mpp={weight: 1, rate: 0.15}' adds it.
 * Hyper-parameters are those of the original code's task_mlm_itm. Data of the paper: COCO, Visual Genome, SBU,
 * Conceptual Captions.
 *
 * Pictures keep their shape, at most 384 x 608 pixels; of their patches 200 are drawn in training, all are read elsewhere.
 *
 * Command: bifocal train vilt data.root=/data --out runs/vilt
 */
import { transforms } from "../data/transform-config.ts";
import { colours } from "../models/colours.ts";
import { data, mlm, pretraining, randomItm } from "./pretraining.ts";
import type { Recipe } from "./recipe.ts";
import { bertWords, vitB } from "./towers-published.ts";

/** 87.4 M parameters and the 23.5 M of the text embedding. */
export const vilt: Recipe = {
  name: "vilt",
  description: "ViLT with 111 M parameters: one ViT-B/32 for words and patches",
  model: {
    kind: "vilt",
    std: 0.02,
    image: {
      ...vitB,
      colours: colours.halves,
      from: "google/vit-base-patch32-384",
      imageSize: 384,
      patch: 32,
      patchLimit: 200,
    },
    text: bertWords,
    pictures: 1,
  },
  task: { kind: "pretrain", mlm: mlm(true), itm: randomItm, wpa: { weight: 0.1, beta: 0.5, steps: 50 } },
  data: { ...data, transform: transforms["own-shape"] },
  train: pretraining({ lr: 1e-4, steps: 100_000, warmupSteps: 10_000, pictures: 4096, textLength: 40 }),
};
