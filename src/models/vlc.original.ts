/** VLC as its authors store it, `vlc_*.ckpt` of github.com/guilk/VLC, and the masked autoencoders it starts from. */
import { gridOf } from "./encoders/vit.ts";
import {
  originalHeadRules,
  originalPatchRules,
  originalWordRules,
  squarePositions,
} from "./published/original-rules.ts";
import { type Rule, rename, renameLayer, split, within } from "./published/rules.ts";
import type { VlcConfig, VlcImageConfig } from "./vlc.ts";

/** One pre-norm block. */
function blockRules(from: string, to: string): Rule[] {
  const projections = (leaf: string) =>
    split(
      `${from}.attn.qkv.${leaf}`,
      ["query", "key", "value"].map((part) => `${to}.attention.${part}.${leaf}`),
    );
  return [
    ...renameLayer(`${from}.norm1`, `${to}.attentionNorm`),
    projections("weight"),
    projections("bias"),
    ...renameLayer(`${from}.attn.proj`, `${to}.attention.output`),
    ...renameLayer(`${from}.norm2`, `${to}.feedNorm`),
    ...renameLayer(`${from}.mlp.fc1`, `${to}.feed.up`),
    ...renameLayer(`${from}.mlp.fc2`, `${to}.feed.down`),
  ];
}

/**
 * From the names under "model" in `mae_pretrain_*.pth` of github.com/facebookresearch/mae to a tower under `image` and
 * the decoder, where there is one, under mimPixel. Positions are resized to the picture size asked for.
 */
export function originalMaeRules(c: VlcImageConfig): Rule[] {
  const grid = gridOf(c);
  return [
    ...within("", "image", [
      ...originalPatchRules(c, grid),
      ...blockRules("blocks.*", "blocks.*"),
      ...renameLayer("norm", "norm"),
    ]),
    ...within("", "mimPixel", [
      ...renameLayer("decoder_embed", "embed"),
      rename("mask_token", "mask"),
      rename("decoder_pos_embed", "positions", squarePositions(grid)),
      ...blockRules("decoder_blocks.*", "blocks.*"),
      ...renameLayer("decoder_norm", "norm"),
      ...renameLayer("decoder_pred", "pixels"),
    ]),
  ];
}

/**
 * From the names under "state_dict" to the parameters of `vlc`, and from its heads to ours beside it: those of
 * `originalHeadRules` and mimPixel.
 */
export function originalVlcRules(c: VlcConfig): Rule[] {
  return [
    ...originalWordRules(c.text.textLength, c.pictures ?? 1),
    ...within("transformer", "", originalMaeRules(c.image)),
    ...originalHeadRules,
  ];
}
