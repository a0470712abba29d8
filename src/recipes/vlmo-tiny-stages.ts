/**
 * VLMo in small in its three stages (Bao et al. 2022, arXiv:2111.02358, section 3.3): pictures alone, then texts alone
 * through the frozen attention, then pairs as vlmo-tiny. The first stage tells hidden patches from one another: there is
 * no codebook for emoji.
 *
 * Command: bifocal train vlmo-tiny-stages --out runs/vlmo-tiny-stages
 */
import type { DescribedStages } from "./recipe.ts";
import { picturesAlone, textsAlone } from "./vlmo-base-stages.ts";
import { vlmoTiny } from "./vlmo-tiny.ts";

const { description: _, ...pairs } = vlmoTiny;
const train = { ...pairs.train, steps: 150 };

/** The last stage is vlmo-tiny: fine-tune it by vlmo-tiny-vqa --from runs/vlmo-tiny-stages/stage-3. */
export const vlmoTinyStages: DescribedStages = {
  name: "vlmo-tiny-stages",
  description: "VLMo with 2 M parameters in three stages: pictures alone, texts alone, then vlmo-tiny",
  stages: [
    {
      ...pairs,
      name: "vlmo-tiny-pictures",
      task: { kind: "pretrain", mimInBatch: { weight: 1, rate: 0.4, alone: true } },
      train: { ...train, freeze: picturesAlone },
    },
    {
      ...pairs,
      name: "vlmo-tiny-texts",
      task: { kind: "pretrain", mlm: { weight: 1, rate: 0.3, wholeWord: true, alone: true } },
      train: { ...train, freeze: [...textsAlone, "model.image.positions"] },
    },
    pairs,
  ],
};
