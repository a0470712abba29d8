/** DeBERTa v2 and v3 as published: `microsoft/deberta-v2-*`, `microsoft/deberta-v3-*`, `microsoft/mdeberta-v3-*`. */
import { z } from "zod";
import { activationSchema, depthSchema, positiveSchema, readConfig } from "../published/class.ts";
import { commonConfig, debertaFamily, debertaFields, debertaRules, reachOf } from "../published/deberta.ts";
import { drop, type Rule, rename, renameLayer, reshaped } from "../published/rules.ts";

const schema = z
  .object({
    ...debertaFields,
    vocab_size: debertaFields.vocab_size.unwrap().default(128100),
    hidden_size: positiveSchema.default(1536),
    num_hidden_layers: depthSchema.default(24),
    num_attention_heads: positiveSchema.default(24),
    intermediate_size: positiveSchema.default(6144),
    attention_head_size: positiveSchema.optional(),
    position_buckets: z.int().default(-1),
    share_att_key: z.boolean().default(false),
    norm_rel_ebd: z.enum(["none", "layer_norm"]).default("none"),
    conv_kernel_size: z
      .int()
      .refine((size) => size < 1 || size % 2 === 1, "an odd number")
      .default(0),
    conv_groups: z.literal(1).default(1),
    conv_act: z.union([z.literal("tanh"), activationSchema]).default("tanh"),
  })
  .refine(
    (p) =>
      p.attention_head_size === undefined || p.attention_head_size * p.num_attention_heads === p.hidden_size,
    {
      path: ["attention_head_size"],
      message: "expected hidden_size / num_attention_heads",
    },
  );

const [attention, ours] = ["encoder.layer.*.attention.self", "blocks.*.attention"];

const attentionRules: readonly Rule[] = [
  ...renameLayer(`${attention}.query_proj`, `${ours}.query`),
  ...renameLayer(`${attention}.key_proj`, `${ours}.key`),
  ...renameLayer(`${attention}.value_proj`, `${ours}.value`),
  ...renameLayer(`${attention}.pos_key_proj`, `${ours}.distanceKey`),
  ...renameLayer(`${attention}.pos_query_proj`, `${ours}.distanceQuery`),
];

/** DeBERTa v2 and v3. */
export const debertaV2Family = debertaFamily("DebertaV2", (config, where) => {
  const p = readConfig(schema, config, where);
  const [buckets, reach, kernel] = [p.position_buckets, reachOf(p), p.conv_kernel_size];
  const normalised = p.norm_rel_ebd === "layer_norm";
  const span = buckets > 0 ? { span: buckets, farthest: reach } : { span: reach };
  const c = {
    ...commonConfig(p),
    keyBias: true,
    distance: p.relative_attention ? { ...span, shared: p.share_att_key, normalised } : undefined,
    convolution: kernel > 0 ? { kernel, activation: p.conv_act } : undefined,
  };
  const rules = [
    ...debertaRules(attentionRules),
    ...(p.relative_attention
      ? renameLayer("encoder.LayerNorm", "distanceNorm")
      : [drop("encoder.LayerNorm.**", "is the norm of distances, which are not used")]),
    ...(kernel > 0 ? convolutionRules(c.width, kernel) : []),
  ];
  return { c, p, rules };
});

function convolutionRules(width: number, kernel: number): Rule[] {
  return [
    rename(
      "encoder.conv.conv.weight",
      "convolution.weight",
      reshaped([width, width, kernel], [width, width, kernel, 1]),
    ),
    rename("encoder.conv.conv.bias", "convolution.bias"),
    ...renameLayer("encoder.conv.LayerNorm", "convolution.norm"),
  ];
}
