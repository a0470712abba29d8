/** ViLT as its authors store it: `vilt_*.ckpt` of github.com/dandelin/ViLT, release 200k. */
import { gridOf } from "./encoders/vit.ts";
import { type Rule, rename, renameLayer, reshaped, split } from "./published/rules.ts";
import { tableRules } from "./published/vilt.ts";
import type { ViltConfig } from "./vilt.ts";

/**
 * From the names under "state_dict" to the parameters of `vilt`, and from their heads to ours beside it: mlm, mpp, itm,
 * vqa, nlvr2, rank. Heads that a reader has no use for are to be dropped by rules in front of these.
 */
export function originalViltRules(c: ViltConfig): readonly Rule[] {
  const { width, patch } = c.image;
  const [rows, columns] = gridOf(c.image);
  const positions = 1 + rows * columns;
  const [from, to] = ["transformer.blocks.*", "image.blocks.*"];
  const projections = (leaf: string) =>
    split(
      `${from}.attn.qkv.${leaf}`,
      ["query", "key", "value"].map((part) => `${to}.attention.${part}.${leaf}`),
    );
  return [
    ...tableRules("text_embeddings"),
    rename("token_type_embeddings.weight", "kinds"),
    rename("transformer.cls_token", "image.class"),
    rename("transformer.pos_embed", "image.positions", reshaped([1, positions, width], [positions, width])),
    rename(
      "transformer.patch_embed.proj.weight",
      "image.patches.weight",
      reshaped([width, 3, patch, patch], [width, 3 * patch * patch]),
    ),
    rename("transformer.patch_embed.proj.bias", "image.patches.bias"),
    projections("weight"),
    projections("bias"),
    ...renameLayer(`${from}.attn.proj`, `${to}.attention.output`),
    ...renameLayer(`${from}.norm1`, `${to}.attentionNorm`),
    ...renameLayer(`${from}.norm2`, `${to}.feedNorm`),
    ...renameLayer(`${from}.mlp.fc1`, `${to}.feed.up`),
    ...renameLayer(`${from}.mlp.fc2`, `${to}.feed.down`),
    ...renameLayer("transformer.norm", "image.norm"),
    ...renameLayer("pooler.dense", "pooler.dense"),
    ...["mlm", "mpp"].flatMap((objective) => [
      ...renameLayer(`${objective}_score.transform.dense`, `${objective}.transform`),
      ...renameLayer(`${objective}_score.transform.LayerNorm`, `${objective}.norm`),
      rename(`${objective}_score.decoder.weight`, `${objective}.decoder.weight`),
    ]),
    rename("mlm_score.bias", "mlm.bias"),
    rename("mpp_score.decoder.bias", "mpp.bias"),
    ...renameLayer("itm_score.fc", "itm.head"),
    ...["vqa", "nlvr2"].flatMap((task) => [
      ...renameLayer(`${task}_classifier.0`, `${task}.hidden`),
      ...renameLayer(`${task}_classifier.1`, `${task}.norm`),
      ...renameLayer(`${task}_classifier.3`, `${task}.classes`),
    ]),
    ...renameLayer("rank_output", "rank"),
  ];
}
