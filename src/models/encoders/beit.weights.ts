/** BEiT as published: `microsoft/beit-*`, all of `model_type` beit. Bao et al. 2022, arXiv:2106.08254. */
import { z } from "zod";
import { sameShape } from "../../core/shape.ts";
import { linear } from "../../nn/linear.ts";
import { colours } from "../colours.ts";
import { type Family, type Holds, type PublishedModel, readConfig } from "../published/class.ts";
import { resizedDistances } from "../published/resize-tables.ts";
import { drop, type Rule, rename, renameLayer } from "../published/rules.ts";
import {
  blockRules,
  embeddingRules,
  fitPositions,
  headDrops,
  imageSource,
  labelFields,
  labelsOf,
  pictureClass,
  plainVit,
  vitFields,
} from "../published/vit.ts";
import { gridOf, type VitConfig } from "./vit.ts";

const { qkv_bias, ...fields } = vitFields;

const schema = z.object({
  ...fields,
  ...labelFields,
  use_absolute_position_embeddings: z.boolean().default(false),
  use_relative_position_bias: z.boolean().default(false),
  use_shared_relative_position_bias: z.boolean().default(false),
  layer_scale_init_value: z.number().default(0.1),
  drop_path_rate: z.number().default(0.1),
  use_mean_pooling: z.boolean().default(true),
  architectures: z.array(z.string()).optional(),
});

type PublishedBeit = z.output<typeof schema>;

/** The mean of the patches is normalised where there is one, else every token. */
function configOf(p: PublishedBeit, hasPooler: boolean): VitConfig {
  const { use_relative_position_bias: each, use_shared_relative_position_bias: shared } = p;
  return {
    ...plainVit(p),
    hidden: p.intermediate_size,
    dropout: p.hidden_dropout_prob,
    projectionBias: "not-key",
    positions: p.use_absolute_position_embeddings ? "learned" : "none",
    relativePositions: each && shared ? "both" : each ? "each" : shared ? "shared" : undefined,
    layerScale: p.layer_scale_init_value > 0 ? p.layer_scale_init_value : undefined,
    dropPath: p.drop_path_rate,
    pooling: p.use_mean_pooling ? "mean" : "class",
    finalNorm: p.use_mean_pooling ? (hasPooler ? "summary" : "none") : "tokens",
  };
}

const eachTable = "encoder.layer.*.attention.attention.relative_position_bias.relative_position_bias_table";
const sharedTable = "encoder.relative_position_bias.relative_position_bias_table";

function towerRules(c: VitConfig): Rule[] {
  return [
    ...embeddingRules(c),
    ...blockRules("encoder.layer.*", "blocks.*"),
    rename("encoder.layer.*.lambda_1", "blocks.*.attentionScale"),
    rename("encoder.layer.*.lambda_2", "blocks.*.feedScale"),
    rename(eachTable, "blocks.*.relative.table"),
    rename(sharedTable, "relative.table"),
    drop(
      "encoder.layer.*.attention.attention.relative_position_bias.relative_position_index",
      "follows from the sizes",
    ),
    drop("encoder.relative_position_bias.relative_position_index", "follows from the sizes"),
    ...renameLayer(c.finalNorm === "summary" ? "pooler.layernorm" : "layernorm", "norm"),
  ];
}

/** BeitModel, whose summary is not projected. */
function model(config: unknown, where: string, holds: Holds): PublishedModel {
  const p = readConfig(schema, config, where);
  const c = configOf(p, holds("pooler.layernorm.weight"));
  // Without a mean the pooler holds no tensors: whether the class was built with it shows nowhere, and its output is there.
  return pictureClass(c, towerRules(c), () => ({ patches, pooled }) => ({
    last_hidden_state: patches,
    ...(c.finalNorm !== "none" && { pooler_output: pooled }),
  }));
}

/** BeitForImageClassification. */
function classifier(config: unknown, where: string): PublishedModel {
  const p = readConfig(schema, config, where);
  const c = configOf(p, true);
  return pictureClass(c, [...towerRules(c), ...renameLayer("classifier", "classifier")], (at) => {
    const classify = linear(at.in("classifier"), { from: c.width, to: labelsOf(p) });
    return ({ pooled }) => ({ logits: classify(pooled) });
  });
}

function fitDistances(file: VitConfig, asked: VitConfig): Rule[] {
  const [from, to] = [gridOf(file), gridOf(asked)];
  if (sameShape(from, to)) return [];
  const resized = resizedDistances(3, from, to);
  return [
    rename(eachTable, "blocks.*.relative.table", resized),
    rename(sharedTable, "relative.table", resized),
  ];
}

/** BEiT. */
export const beitFamily: Family = {
  prefix: "beit",
  classes: { BeitModel: model, BeitForImageClassification: classifier },
  image: (config, where) => {
    const p = readConfig(schema, config, where);
    const predictsCodes = p.architectures?.[0] === "BeitForMaskedImageModeling";
    const c = configOf(p, !predictsCodes);
    // The head that predicts visual words has a norm of the same name as the tower's, outside the tower's prefix.
    const ownNorm = renameLayer("beit.layernorm", "norm");
    const head = predictsCodes ? [...ownNorm, drop("layernorm.**", "is the head's norm")] : [];
    const rules = [...head, drop("lm_head.**", "predicts visual words"), ...towerRules(c), ...headDrops];
    return imageSource(c, colours.halves, rules, {
      stack: "encoder.layer",
      fit: (asked) => [
        ...fitPositions("embeddings.position_embeddings", c, asked),
        ...fitDistances(c, asked),
      ],
    });
  },
};
