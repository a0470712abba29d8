/**
 * Dual encoder: a picture and a text meet only in the dot product of their summaries.
 * Radford et al. 2021 (CLIP), arXiv:2103.00020, section 2.3.
 */
import type { Scope } from "../nn/scope.ts";
import type { DualModel } from "./contracts.ts";
import { type BertConfig, bert } from "./encoders/bert.ts";
import { type VitConfig, vit } from "./encoders/vit.ts";

/** The towers' widths may differ: the contrast projects both to its own. */
export interface DualEncoderConfig {
  readonly image: VitConfig;
  readonly text: BertConfig;
}

/** Two towers and nothing else: projections and temperature belong to the objective that compares them. */
export function dualEncoder(at: Scope, c: DualEncoderConfig): DualModel {
  const image = vit(at.in("image"), c.image);
  const text = bert(at.in("text"), c.text);
  return {
    widths: { image: image.width, text: text.width },
    encodeImage: image.encode,
    encodeText: text.encode,
  };
}
