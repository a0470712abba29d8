/** BridgeTower as its authors store it: `BridgeTower_*.ckpt` of github.com/microsoft/BridgeTower. */
import { z } from "zod";
import { fail } from "../core/errors.ts";
import { unitNorm } from "../graph/functions.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { type BridgeTowerConfig, bridgetower } from "./bridgetower.ts";
import { bridgeRules } from "./published/bridgetower.ts";
import { depthSchema, positiveSchema, readFields } from "./published/class.ts";
import type { OriginalLayout, OriginalSource } from "./published/original.ts";
import { originalHeadRules, tableRows } from "./published/original-rules.ts";
import {
  originalBertRules,
  originalClipTower,
  originalImageRules,
  originalTextTower,
  type ShapeOf,
  type Shapes,
  shapesIn,
} from "./published/original-towers.ts";
import { drop, rename, renameLayer } from "./published/rules.ts";

/** What "hyper_parameters.config" says of the model. */
const schema = z.object({
  vit: z.string().regex(/CLIP/, "a CLIP tower"),
  tokenizer: z.string(),
  model_type: z.literal("BT").default("BT"),
  hidden_size: positiveSchema,
  num_heads: positiveSchema,
  num_layers: depthSchema,
  mlp_ratio: positiveSchema,
  drop_rate: z.number(),
});

/** `hyperparameters` is "hyper_parameters.config". @throws BifocalError when it or the tensors are not BridgeTower's. */
export function originalBridgeTower(
  hyperparameters: unknown,
  shapeOf: ShapeOf,
  where: string,
): OriginalSource<BridgeTowerConfig> {
  const p = readFields(schema, hyperparameters, `${where}, hyper_parameters.config`);
  const shapes = shapesIn(shapeOf, where);
  const clip = originalClipTower(shapes);
  const text = originalTextTower(shapes, p.tokenizer.includes("roberta"));
  if (clip.depth < text.depth) {
    fail("checkpoint", `${where}, vit`, {
      expected: `${text.depth} blocks, as many as words`,
      got: `${clip.depth}`,
    });
  }
  // The original runs as many of the image tower's blocks as the text tower has.
  const image = { ...clip, depth: text.depth };
  const pictures = shapes.read("token_type_embeddings.weight", 2)[0]! - 1;
  const fusion = {
    width: p.hidden_size,
    depth: p.num_layers,
    heads: p.num_heads,
    hidden: p.hidden_size * p.mlp_ratio,
    activation: "exact",
    norm: "post",
    dropout: p.drop_rate,
    epsilon: 1e-12,
    bridge: "add",
    bridgeEpsilon: 1e-5,
    projections: "shared",
  } as const;
  return {
    config: { image, text, fusion, pictures },
    rules: (asked) => [
      ...originalImageRules(clip, asked.image),
      drop("vit_model.visual.ln_separate.**", "is not used: ln_post is the norm of every layer"),
      ...originalBertRules(text, asked.text),
      rename("token_type_embeddings.weight", "kinds", tableRows(1 + (asked.pictures ?? 1), "grow")),
      ...bridgeRules(fusion),
      ...originalHeadRules,
      ...renameLayer("itc_text_head.fc", "itc.text"),
      ...renameLayer("itc_image_head.fc", "itc.image"),
      drop("temperature", "is the contrast's, which holds the logarithm of its inverse"),
    ],
  };
}

/** BridgeTower with CLIP's image tower. */
export const bridgetowerLayout: OriginalLayout<BridgeTowerConfig> = {
  className: "BTTransformer",
  marks: ["cross_modal_text_transform.weight", "cross_modal_text_layernorm.weight"],
  readsMask: false,
  open: originalBridgeTower,
  build: (at, config, shapes) => {
    const model = bridgetower(at, config);
    const [ofText, ofImage] = [contrastHead(at, "text", shapes), contrastHead(at, "image", shapes)];
    return {
      ...model,
      encodeImage: (pixels) => model.encodeImage({ pixels }),
      embed: (image, text) => ({
        ...(ofText && { text_embeds: unitNorm(ofText(text.pooled)) }),
        ...(ofImage && { image_embeds: unitNorm(ofImage(image.pooled)) }),
      }),
    };
  },
};

function contrastHead(at: Scope, part: "text" | "image", { shapeOf, read }: Shapes) {
  const weight = `itc_${part}_head.fc.weight`;
  if (shapeOf(weight) === undefined) return undefined;
  const [to, from] = read(weight, 2) as [number, number];
  return linear(at.in(`itc.${part}`), { from, to });
}
