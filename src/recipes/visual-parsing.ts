/**
 * Visual Parsing: Swin-B and one BERT over words and visual tokens (Xue et al. 2021, arXiv:2106.13488, section 3).
 * Objectives: masked words, matching and masked features (section 3.2). The paper's code is not public: tower size, how
 * many features are hidden and how many of them together, learning rate, batch and steps are ours. Data of the paper:
 * COCO and Visual Genome.
 *
 * Command: bifocal train visual-parsing data.root=/data --out runs/visual-parsing
 */
import { data, mlm, pretraining, randomItm } from "./pretraining.ts";
import type { Recipe } from "./recipe.ts";
import { bertBase, swinB384 } from "./towers-published.ts";

/** 197 M parameters without heads. */
export const visualParsing: Recipe = {
  name: "visual-parsing",
  description:
    "Visual Parsing with 197 M parameters: Swin-B at 384 pixels, BERT over words and visual tokens",
  model: { kind: "visual-parsing", std: 0.02, image: swinB384, text: bertBase },
  task: { kind: "pretrain", mlm: mlm(true), itm: randomItm, mfr: { weight: 1, rate: 0.15, group: 4 } },
  data,
  train: pretraining({ lr: 5e-5, steps: 100_000, warmupSteps: 10_000, pictures: 1024, textLength: 40 }),
};
