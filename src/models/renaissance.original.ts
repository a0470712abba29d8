/** The names in Renaissance's own checkpoints (github.com/bsu-slim/renaissance, 39c52de), heads left out. */
import { gridOf } from "./encoders/vit.ts";
import type { OneTowerConfig } from "./one-tower.ts";
import { drop, type Rule, rename, renameLayer, reshaped, within } from "./published/rules.ts";

const attentions = (from: string, inner: string, to: string): Rule[] => [
  ...["query", "key", "value"].flatMap((name) => renameLayer(`${from}.${inner}.${name}`, `${to}.${name}`)),
  ...renameLayer(`${from}.output.dense`, `${to}.output`),
];

/** One stream of a cross layer; `theirs` is "lang" or "visn". */
function streamRules(layer: string, theirs: string, ours: string): Rule[] {
  return [
    ...attentions(`${layer}.${theirs}_self_att`, "self", `${ours}.attention`),
    ...renameLayer(`${layer}.${theirs}_self_att.output.LayerNorm`, `${ours}.attentionNorm`),
    ...renameLayer(`${layer}.${theirs}_inter.dense`, `${ours}.feed.up`),
    ...renameLayer(`${layer}.${theirs}_output.dense`, `${ours}.feed.down`),
    ...renameLayer(`${layer}.${theirs}_output.LayerNorm`, `${ours}.feedNorm`),
  ];
}

/** LXMERT's cross layers from `from` on to those of `lxmertCross` under `to`. */
export function crossLayersRules(from: string, to: string): Rule[] {
  const [layer, ours] = [`${from}.*`, `${to}.*`];
  return [
    ...attentions(`${layer}.visual_attention`, "att", `${ours}.cross`),
    ...renameLayer(`${layer}.visual_attention.output.LayerNorm`, `${ours}.crossNorm`),
    ...streamRules(layer, "lang", `${ours}.words`),
    ...streamRules(layer, "visn", `${ours}.patches`),
  ];
}

/** From a two-tower checkpoint to `meter`; `image` and `text` are the rules of its towers' published families. */
export function originalTwoTowerRules(image: readonly Rule[], text: readonly Rule[]): Rule[] {
  return [
    ...within("image_encoder", "image", image),
    ...within("text_transformer", "text", text),
    ...renameLayer("cross_modal_image_transform", "projectPatches"),
    ...renameLayer("cross_modal_text_transform", "projectWords"),
    rename("token_type_embeddings.weight", "kinds"),
    ...crossLayersRules("fusion_encoder.cross_modal_layers", "fusion.layers"),
    ...renameLayer("fusion_encoder.cross_modal_text_pooler.dense", "fusion.wordPooler.dense"),
    ...renameLayer("fusion_encoder.cross_modal_image_pooler.dense", "fusion.patchPooler.dense"),
  ];
}

/** From a one-tower checkpoint to `oneTower`; `blocks` fill tower.blocks out of the names of the blocks' family. */
export function originalOneTowerRules({ image }: OneTowerConfig, blocks: readonly Rule[]): Rule[] {
  const { width } = image;
  const [rows, columns] = gridOf(image);
  const positions = 1 + rows * columns;
  const convolution = reshaped([width, 3, image.patch, image.patch], [width, 3 * image.patch ** 2]);
  return [
    rename("image_embeddings.cls_token", "image.class"),
    rename(
      "image_embeddings.position_embeddings",
      "image.positions",
      reshaped([1, positions, width], [positions, width]),
    ),
    rename("image_embeddings.patch_embeddings.projection.weight", "image.patches.weight", convolution),
    rename("image_embeddings.patch_embeddings.projection.bias", "image.patches.bias"),
    rename("text_embeddings.word_embeddings.weight", "text.embedding.words"),
    rename("text_embeddings.position_embeddings.weight", "text.embedding.positions"),
    ...renameLayer("text_embeddings.LayerNorm", "text.embedding.norm"),
    drop("text_embeddings.position_ids", "counts from 0"),
    ...renameLayer("image_embedding_projection", "projectPatches"),
    ...renameLayer("text_embedding_projection", "projectWords"),
    rename("token_type_embeddings.weight", "kinds"),
    ...renameLayer("pooler.dense", "pooler.dense"),
    ...renameLayer("text_pooler.dense", "wordPooler.dense"),
    ...renameLayer("image_pooler.dense", "patchPooler.dense"),
    // Behind the poolers, which these drop.
    ...blocks,
  ];
}
