/** BEiT as its authors store it: `beit_*.pth` of github.com/microsoft/unilm, the weights that VLMo starts from. */
import { originalPatchRules, squareDistances } from "../published/original-rules.ts";
import { drop, type Rule, rename, renameLayer, split } from "../published/rules.ts";
import { gridOf, type VitConfig } from "./vit.ts";

/** Attention and its norm in a block of BEiT and VLMo. */
export function originalAttentionRules(from: string, to: string): Rule[] {
  const projections = ["query", "key", "value"].map((part) => `${to}.attention.${part}.weight`);
  return [
    ...renameLayer(`${from}.norm1`, `${to}.attentionNorm`),
    split(`${from}.attn.qkv.weight`, projections),
    rename(`${from}.attn.q_bias`, `${to}.attention.query.bias`),
    rename(`${from}.attn.v_bias`, `${to}.attention.value.bias`),
    ...renameLayer(`${from}.attn.proj`, `${to}.attention.output`),
    rename(`${from}.gamma_1`, `${to}.attentionScale`),
    rename(`${from}.gamma_2`, `${to}.feedScale`),
  ];
}

/** Norm and feed-forward layer of a block, called `norm` and `mlp` in the file. */
export function originalFeedRules(
  from: string,
  to: string,
  { norm, mlp }: { norm: string; mlp: string },
): Rule[] {
  return [
    ...renameLayer(`${from}.${norm}`, `${to}.feedNorm`),
    ...renameLayer(`${from}.${mlp}.fc1`, `${to}.feed.up`),
    ...renameLayer(`${from}.${mlp}.fc2`, `${to}.feed.down`),
  ];
}

/** From the names under "model" to the parameters of `vit`, for pictures of any size. */
export function originalBeitRules(c: VitConfig): Rule[] {
  const [from, to] = ["blocks.*", "blocks.*"];
  const table = "attn.relative_position_bias_table";
  return [
    ...originalPatchRules(c, gridOf(c)),
    ...originalAttentionRules(from, to),
    ...originalFeedRules(from, to, { norm: "norm2", mlp: "mlp" }),
    rename(`${from}.${table}`, `${to}.relative.table`, squareDistances(gridOf(c))),
    // Fine-tuned ones have a norm of the patches' mean, others one of all tokens; either fills the one we have.
    ...(c.finalNorm === "summary" ? ["fc_norm", "norm"] : ["norm", "fc_norm"]).flatMap((from) =>
      renameLayer(from, "norm"),
    ),
    drop(`${from}.attn.relative_position_index`, "follows from the sizes"),
    drop("mask_token", "stands for hidden patches in pretraining"),
    drop("head.**", "is the classifier"),
    drop("lm_head.**", "predicts visual words"),
  ];
}
