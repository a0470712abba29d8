/** BridgeTower as its authors store it: `BridgeTower_*.ckpt` of github.com/microsoft/BridgeTower. */
import { z } from "zod";
import { fail } from "../core/errors.ts";
import type { BridgeTowerConfig } from "./bridgetower.ts";
import { bridgeRules } from "./published/bridgetower.ts";
import { depthSchema, positiveSchema, readConfig } from "./published/class.ts";
import { originalHeadRules, tableRows } from "./published/original-rules.ts";
import {
  originalBertRules,
  originalClipTower,
  originalImageRules,
  originalTextTower,
  type ShapeOf,
  shapesIn,
} from "./published/original-towers.ts";
import { drop, type Rule, rename, renameLayer } from "./published/rules.ts";

/** A checkpoint's model: what it is, and how its tensors become the parameters of `bridgetower` and heads beside it. */
export interface OriginalBridgeTower {
  readonly config: BridgeTowerConfig;
  /** For another picture size or another number of pictures: see `TowerSource`. */
  rules(asked: BridgeTowerConfig): readonly Rule[];
}

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
): OriginalBridgeTower {
  const p = readConfig(schema, hyperparameters, where);
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
  const pictures = shapes.read("token_type_embeddings.weight")[0]! - 1;
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
