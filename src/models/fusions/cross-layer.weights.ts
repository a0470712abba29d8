import { type Rule, renameLayer } from "../published/rules.ts";

/** A layer of one stream of co-attention as METER, BridgeTower and BERT's decoders name it. */
export function crossLayerRules(layer: string, ours: string): Rule[] {
  return [
    ...attentionRules(`${layer}.attention`, `${ours}.attention`),
    ...attentionRules(`${layer}.crossattention`, `${ours}.cross`),
    ...renameLayer(`${layer}.intermediate.dense`, `${ours}.feed.up`),
    ...renameLayer(`${layer}.output.dense`, `${ours}.feed.down`),
    ...renameLayer(`${layer}.output.LayerNorm`, `${ours}.feedNorm`),
  ];
}

function attentionRules(attention: string, ours: string): Rule[] {
  return [
    ...["query", "key", "value"].flatMap((part) =>
      renameLayer(`${attention}.self.${part}`, `${ours}.${part}`),
    ),
    ...renameLayer(`${attention}.output.dense`, `${ours}.output`),
    ...renameLayer(`${attention}.output.LayerNorm`, `${ours}Norm`),
  ];
}

/** Both streams of a co-attention fusion with its poolers, as METER and BridgeTower name them. */
export const coAttentionRules: readonly Rule[] = [
  ...crossLayerRules("cross_modal_text_layers.*", "fusion.words.*"),
  ...crossLayerRules("cross_modal_image_layers.*", "fusion.patches.*"),
  ...renameLayer("cross_modal_text_pooler.dense", "fusion.wordPooler.dense"),
  ...renameLayer("cross_modal_image_pooler.dense", "fusion.patchPooler.dense"),
];
