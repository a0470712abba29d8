/** METER as its authors store it: `meter_*.ckpt` of github.com/zdou0830/METER. */
import { z } from "zod";
import { coAttentionRules } from "./fusions/cross-layer.weights.ts";
import { type MeterConfig, meter } from "./meter.ts";
import { positiveSchema, readFields } from "./published/class.ts";
import type { OriginalLayout, OriginalSource } from "./published/original.ts";
import { originalHeadRules, tableRows } from "./published/original-rules.ts";
import {
  originalBertRules,
  originalClipTower,
  originalImageRules,
  originalSwinTower,
  originalTextTower,
  type ShapeOf,
  shapesIn,
} from "./published/original-towers.ts";
import { rename, renameLayer } from "./published/rules.ts";

/** What "hyper_parameters.config" says of the model. */
const schema = z.object({
  vit: z.string(),
  tokenizer: z.string(),
  hidden_size: positiveSchema,
  num_heads: positiveSchema,
  num_top_layer: positiveSchema,
  mlp_ratio: positiveSchema,
  drop_rate: z.number(),
});

/** `hyperparameters` is "hyper_parameters.config". @throws BifocalError when it or the tensors are not METER's. */
export function originalMeter(
  hyperparameters: unknown,
  shapeOf: ShapeOf,
  where: string,
): OriginalSource<MeterConfig> {
  const p = readFields(schema, hyperparameters, `${where}, hyper_parameters.config`);
  const shapes = shapesIn(shapeOf, where);
  const image = p.vit.includes("swin") ? originalSwinTower(shapes) : originalClipTower(shapes);
  const text = originalTextTower(shapes, p.tokenizer.includes("roberta"));
  const pictures = shapes.read("token_type_embeddings.weight", 2)[0]! - 1;
  const fusion = {
    kind: "co-attention",
    width: p.hidden_size,
    depth: p.num_top_layer,
    heads: p.num_heads,
    hidden: p.hidden_size * p.mlp_ratio,
    activation: "exact",
    norm: "post",
    dropout: p.drop_rate,
    epsilon: 1e-12,
  } as const;
  return {
    config: { image, text, fusion, pictures },
    rules: (asked) => [
      ...originalImageRules(image, asked.image),
      ...originalBertRules(text, asked.text),
      ...renameLayer("cross_modal_text_transform", "projectWords"),
      ...renameLayer("cross_modal_image_transform", "projectPatches"),
      rename("token_type_embeddings.weight", "kinds", tableRows(1 + (asked.pictures ?? 1), "grow")),
      ...coAttentionRules,
      ...originalHeadRules,
    ],
  };
}

/** METER with either image tower. */
export const meterLayout: OriginalLayout<MeterConfig> = {
  className: "METERTransformerSS",
  marks: ["cross_modal_text_transform.weight", "cross_modal_text_layers.0.intermediate.dense.weight"],
  readsMask: false,
  open: originalMeter,
  build: (at, config) => {
    const model = meter(at, config);
    return { ...model, encodeImage: (pixels) => model.encodeImage({ pixels }) };
  },
};
