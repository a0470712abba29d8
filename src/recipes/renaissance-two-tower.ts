/**
 * Renaissance with two towers: DeiT-Tiny and ELECTRA-small under LXMERT's cross layers (Fields & Kennington 2024,
 * arXiv:2411.06657). Hyper-parameters are those of the original code's pretraining experiments; docs/renaissance.md has
 * its switches, and its defects, which are not copied. Data of the paper: COCO and Visual Genome.
 *
 * Command: bifocal train renaissance-two-tower data.root=/data --out runs/renaissance-two-tower
 */
import { data, mlm, newParts, pretraining, randomItm } from "./pretraining.ts";
import type { Recipe } from "./recipe.ts";
import { deitTiny, electraSmall } from "./towers-published.ts";

/** The freezing grid of the paper: --set train.freeze=[model.image], [model.text] or both. */
export const renaissanceTwoTower: Recipe = {
  name: "renaissance-two-tower",
  description: "Renaissance's two-tower model: DeiT-Tiny, ELECTRA-small, 6 cross layers 256 wide",
  model: {
    kind: "meter",
    std: 0.02,
    image: deitTiny,
    text: electraSmall,
    fusion: {
      kind: "lxmert-cross",
      width: 256,
      depth: 6,
      heads: 4,
      hidden: 1024,
      activation: "exact",
      norm: "post",
      dropout: 0.1,
      epsilon: 1e-12,
    },
  },
  task: { kind: "pretrain", mlm: mlm(true), itm: randomItm },
  data,
  train: pretraining({
    lr: 1e-4,
    steps: 50_000,
    warmupSteps: 5000,
    pictures: 512,
    textLength: 50,
    factors: newParts,
  }),
};
