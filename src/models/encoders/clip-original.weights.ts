/** CLIP's image tower under the names of its original code, which METER and BridgeTower kept. */
import { type Rule, rename, renameLayer, reshaped, split } from "../published/rules.ts";
import { patchRules } from "../published/vit.ts";
import type { VitConfig } from "./vit.ts";

/** A block of CLIP's original transformer. */
export function resblockRules(block: string, ours: string): Rule[] {
  const parts = ["query", "key", "value"].map((part) => `${ours}.attention.${part}`);
  return [
    split(
      `${block}.attn.in_proj_weight`,
      parts.map((part) => `${part}.weight`),
    ),
    split(
      `${block}.attn.in_proj_bias`,
      parts.map((part) => `${part}.bias`),
    ),
    ...renameLayer(`${block}.attn.out_proj`, `${ours}.attention.output`),
    ...renameLayer(`${block}.ln_1`, `${ours}.attentionNorm`),
    ...renameLayer(`${block}.mlp.c_fc`, `${ours}.feed.up`),
    ...renameLayer(`${block}.mlp.c_proj`, `${ours}.feed.down`),
    ...renameLayer(`${block}.ln_2`, `${ours}.feedNorm`),
  ];
}

/** What stands in front of the blocks and behind them. */
export const resblockNorms: readonly Rule[] = [
  ...renameLayer("ln_pre", "firstNorm"),
  ...renameLayer("ln_post", "norm"),
];

/** The vector of the class token as one row. */
export function classStep({ width }: VitConfig) {
  return reshaped([width], [1, 1, width]);
}

/** The whole tower, under `visual` in CLIP's files. */
export function originalClipRules(c: VitConfig): Rule[] {
  return [
    rename("class_embedding", "class", classStep(c)),
    rename("positional_embedding", "positions"),
    ...patchRules("conv1", c),
    ...resblockRules("transformer.resblocks.*", "blocks.*"),
    ...resblockNorms,
  ];
}
