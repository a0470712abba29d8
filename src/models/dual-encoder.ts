/**
 * Dual encoder: a picture and a text meet only in the dot product of their summaries.
 * Radford et al. 2021 (CLIP), arXiv:2103.00020, section 2.3.
 */
import type { Scope } from "../nn/scope.ts";
import type { DualModel } from "./contracts.ts";
import { type ImageTowerConfig, imageTower, type TextTowerConfig, textTower } from "./encoders/index.ts";

/** The towers' widths may differ: the contrast projects both to its own. */
export interface DualEncoderConfig {
  readonly image: ImageTowerConfig;
  readonly text: TextTowerConfig;
}

/** Two towers and nothing else: projections and temperature belong to the objective that compares them. */
export function dualEncoder(at: Scope, c: DualEncoderConfig): DualModel {
  const image = imageTower(at.in("image"), c.image);
  const text = textTower(at.in("text"), c.text);
  return {
    widths: { image: image.width, text: text.width },
    colours: c.image.colours,
    specials: image.specials,
    encodeImage: image.encode,
    encodeText: text.encode,
  };
}
