/**
 * VLMo as published, base, in its three stages (Bao et al. 2022, arXiv:2111.02358, sections 3.3 and 4.1): pictures alone
 * as BEiT (Bao et al. 2022, arXiv:2106.08254, section 2 and pre-training setup: 800 epochs of ImageNet-1k are some
 * 500,000 steps of 2048 pictures), texts alone with all frozen but what reads words (unilm's vlmo code), then pairs as
 * vlmo-base. Data of the papers: ImageNet-1k; Wikipedia and BookCorpus; COCO, Visual Genome, SBU, Conceptual Captions.
 *
 * Differs: BEiT hides patches block by block, here they are drawn one by one. The original takes BEiT's published
 * weights for the first stage.
 *
 * Command: bifocal train vlmo-base-stages data.root=/data --out runs/vlmo-base-stages
 */
import { transforms } from "../data/transform-config.ts";
import type { DataConfig } from "../tasks/source.ts";
import { mlm, pretraining } from "./pretraining.ts";
import type { DescribedStages } from "./recipe.ts";
import { vlmoBase } from "./vlmo-base.ts";

/** What pictures alone never reach: weight decay must not shrink it. */
export const picturesAlone = ["model.text", "model.joint", "model.pooler"] as const;

/**
 * What texts alone leave as it is. Words' vectors and experts, marks, the words' distances and the last norm learn; the
 * patches' distances and those between both, which the original trains in one table, have no part in a text.
 */
export const textsAlone = [
  "model.image.class",
  "model.image.patches",
  "model.image.blocks",
  "model.joint",
  "model.pooler",
] as const;

const { description: _, ...pairs } = vlmoBase;
/** One data set in the folder of its name below `data.root`. */
const only = (name: string): DataConfig => ({
  kind: "mixture",
  order: "round-robin",
  sources: [{ data: { kind: "files", name, root: name } }],
});
const ofTexts = pretraining({
  lr: 2e-4,
  steps: 200_000,
  warmupSteps: 20_000,
  pictures: 1024,
  textLength: 196,
});
const ofPictures = pretraining({
  lr: 1.5e-3,
  steps: 500_000,
  warmupSteps: 6250,
  pictures: 2048,
  textLength: 40,
});

/** 176 M parameters at every stage; the last one is vlmo-base. */
export const vlmoBaseStages: DescribedStages = {
  name: "vlmo-base-stages",
  description: "VLMo base in its three stages: pictures alone as BEiT, texts alone, then vlmo-base",
  stages: [
    {
      ...pairs,
      name: "vlmo-base-pictures",
      data: { ...only("imagenet"), transform: transforms["square-randaug"] },
      task: {
        kind: "pretrain",
        mimCodes: {
          weight: 1,
          rate: 0.4,
          alone: true,
          codebook: {
            width: 256,
            blocks: 2,
            codes: 8192,
            gain: 1 / 64,
            from: "facebook/flava-image-codebook",
          },
        },
      },
      train: {
        ...ofPictures,
        optimizer: { ...ofPictures.optimizer, beta2: 0.999, weightDecay: 0.05, clip: 3 },
        schedule: { ...ofPictures.schedule, kind: "cosine" },
        freeze: picturesAlone,
      },
    },
    {
      ...pairs,
      name: "vlmo-base-texts",
      data: only("text"),
      task: { kind: "pretrain", mlm: { ...mlm(true), alone: true } },
      train: { ...ofTexts, freeze: textsAlone },
    },
    pairs,
  ],
};
