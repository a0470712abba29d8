import type { Colours } from "./contracts.ts";

/** Means and deviations in use: values in [-1, 1] (ViT, BEiT, ViLT), those of ImageNet's pictures, and CLIP's own. */
export const colours = {
  halves: { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] },
  imagenet: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  clip: { mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] },
} as const satisfies Record<string, Colours>;
