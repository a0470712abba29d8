/** DINOv2 as published: `facebook/dinov2-*`, `model_type` dinov2 and dinov2_with_registers. Oquab et al. 2023, arXiv:2304.07193. */
import { z } from "zod";
import { concat } from "../../graph/tensor.ts";
import { linear } from "../../nn/linear.ts";
import { colours } from "../colours.ts";
import { type Family, type PublishedModel, readConfig } from "../published/class.ts";
import { type Rule, rename, renameLayer, split } from "../published/rules.ts";
import {
  attentionRules,
  embeddingRules,
  fitPositions,
  headDrops,
  imageSource,
  labelFields,
  labelsOf,
  pictureClass,
  pictureFields,
  plainVit,
  vitFields,
} from "../published/vit.ts";
import type { VitConfig } from "./vit.ts";

const schema = z.object({
  ...pictureFields,
  ...labelFields,
  layer_norm_eps: z.number().default(1e-6),
  mlp_ratio: z.number().positive().default(4),
  hidden_dropout_prob: vitFields.hidden_dropout_prob,
  qkv_bias: vitFields.qkv_bias,
  layerscale_value: z.number().default(1),
  drop_path_rate: z.number().default(0),
  use_swiglu_ffn: z.boolean().default(false),
});

const plain = schema.extend({ patch_size: pictureFields.patch_size.unwrap().default(14) });
const withRegisters = schema.extend({ num_register_tokens: z.int().nonnegative().default(4) });

/** A gated layer is two thirds as wide, in eights. */
function configOf(p: z.output<typeof schema>): VitConfig {
  const hidden = Math.trunc(p.hidden_size * p.mlp_ratio);
  return {
    ...plainVit(p),
    hidden: p.use_swiglu_ffn ? Math.floor((Math.trunc((hidden * 2) / 3) + 7) / 8) * 8 : hidden,
    activation: p.use_swiglu_ffn ? "silu" : p.hidden_act,
    dropout: p.hidden_dropout_prob,
    projectionBias: p.qkv_bias ? "all" : "none",
    layerScale: p.layerscale_value,
    dropPath: p.drop_path_rate,
    gated: p.use_swiglu_ffn,
  };
}

/** config.json of either kind. */
type Read = (config: unknown, where: string) => { readonly c: VitConfig; readonly labels: number };

const readPlain: Read = (config, where) => {
  const p = readConfig(plain, config, where);
  return { c: configOf(p), labels: labelsOf(p) };
};

/** Registers get antialiased positions in the published class, the others do not. */
const readRegisters: Read = (config, where) => {
  const p = readConfig(withRegisters, config, where);
  return {
    c: { ...configOf(p), registers: p.num_register_tokens, interpolation: "smooth" },
    labels: labelsOf(p),
  };
};

function feedRules(block: string, ours: string): Rule[] {
  return [
    ...renameLayer(`${block}.mlp.fc1`, `${ours}.feed.up`),
    ...renameLayer(`${block}.mlp.fc2`, `${ours}.feed.down`),
  ];
}

function gatedRules(block: string, ours: string): Rule[] {
  const both = (name: string) => ["gate", "up"].map((part) => `${ours}.feed.${part}.${name}`);
  return [
    split(`${block}.mlp.weights_in.weight`, both("weight")),
    split(`${block}.mlp.weights_in.bias`, both("bias")),
    ...renameLayer(`${block}.mlp.weights_out`, `${ours}.feed.down`),
  ];
}

function towerRules(c: VitConfig): Rule[] {
  const [block, ours] = ["encoder.layer.*", "blocks.*"];
  return [
    ...embeddingRules(c),
    rename("embeddings.register_tokens", "registers"),
    ...attentionRules(block, ours),
    ...renameLayer(`${block}.norm1`, `${ours}.attentionNorm`),
    rename(`${block}.layer_scale1.lambda1`, `${ours}.attentionScale`),
    ...(c.gated ? gatedRules(block, ours) : feedRules(block, ours)),
    ...renameLayer(`${block}.norm2`, `${ours}.feedNorm`),
    rename(`${block}.layer_scale2.lambda1`, `${ours}.feedScale`),
    ...renameLayer("layernorm", "norm"),
  ];
}

/** Dinov2Model: the summary is the class token. */
function model(read: Read) {
  return (config: unknown, where: string): PublishedModel => {
    const { c } = read(config, where);
    return pictureClass(c, towerRules(c), () => ({ patches, pooled }) => ({
      last_hidden_state: patches,
      pooler_output: pooled,
    }));
  };
}

/** Dinov2ForImageClassification: one linear layer on the class token and the mean of the patches. */
function classifier(read: Read) {
  return (config: unknown, where: string): PublishedModel => {
    const { c, labels } = read(config, where);
    return pictureClass(c, [...towerRules(c), ...renameLayer("classifier", "classifier")], (at) => {
      const classify = linear(at.in("classifier"), { from: 2 * c.width, to: labels });
      return ({ patches, pooled }) => {
        const inFront = 1 + (c.registers ?? 0);
        const mean = patches.slice(1, inFront, patches.shape[1]!).mean(1);
        return { logits: classify(concat([pooled, mean], 1)) };
      };
    });
  };
}

function image(read: Read): NonNullable<Family["image"]> {
  return (config, where) => {
    const { c } = read(config, where);
    return imageSource(c, colours.imagenet, [...towerRules(c), ...headDrops], {
      stack: "encoder.layer",
      fit: (asked) => fitPositions("embeddings.position_embeddings", c, asked),
    });
  };
}

/** DINOv2. */
export const dinov2Family: Family = {
  prefix: "dinov2",
  classes: { Dinov2Model: model(readPlain), Dinov2ForImageClassification: classifier(readPlain) },
  image: image(readPlain),
};

/** DINOv2 with registers (Darcet et al. 2023, arXiv:2309.16588). */
export const dinov2RegistersFamily: Family = {
  prefix: "dinov2_with_registers",
  classes: {
    Dinov2WithRegistersModel: model(readRegisters),
    Dinov2WithRegistersForImageClassification: classifier(readRegisters),
  },
  image: image(readRegisters),
};
