/** What the published classes of BridgeTower share: config.json, the names in their files, inputs and traces. */
import { z } from "zod";
import { fail } from "../../core/errors.ts";
import { full, type Tensor } from "../../graph/tensor.ts";
import type { Scope } from "../../nn/scope.ts";
import {
  type BridgeConfig,
  type BridgedState,
  type BridgeTowerConfig,
  bridgedTowers,
} from "../bridgetower.ts";
import type { ImageState, TextState } from "../contracts.ts";
import { bert, type WordTower } from "../encoders/bert.ts";
import { bertRules } from "../encoders/bert.weights.ts";
import { classStep, resblockNorms, resblockRules } from "../encoders/clip-original.weights.ts";
import { type VitConfig, vit } from "../encoders/vit.ts";
import type { Streams } from "../fusions/co-attention.ts";
import { coAttentionRules } from "../fusions/cross-layer.weights.ts";
import {
  activationSchema,
  depthSchema,
  type PublishedModel,
  positiveSchema,
  readConfig,
  sidesSchema,
} from "./class.ts";
import { drop, dropBlocks, type Rule, rename, renameLayer, reshaped, within } from "./rules.ts";
import { plainText, textFields } from "./text.ts";
import { patchRules } from "./vit.ts";

const textSchema = z.object({
  ...textFields,
  vocab_size: positiveSchema.default(50265),
  max_position_embeddings: positiveSchema.default(514),
  type_vocab_size: positiveSchema.default(1),
  layer_norm_eps: z.number().default(1e-5),
  pad_token_id: z.int().nonnegative().default(1),
  add_cross_attention: z.literal(false).default(false),
});

const imageSchema = z.object({
  hidden_size: positiveSchema.default(768),
  num_hidden_layers: depthSchema.default(12),
  num_channels: z.literal(3).default(3),
  patch_size: positiveSchema.default(16),
  image_size: sidesSchema.default([288, 288]),
  layer_norm_eps: z.number().default(1e-5),
  remove_last_layer: z.boolean().default(false),
});

const bridgeTypes = { add: "add", scaled_add: "scaled-add", interpolate: "interpolate" } as const;

const schema = z.object({
  hidden_size: positiveSchema.default(768),
  hidden_act: activationSchema.default("exact"),
  layer_norm_eps: z.number().default(1e-5),
  num_hidden_layers: depthSchema.default(6),
  share_cross_modal_transformer_layers: z.boolean().default(true),
  // The published class does not run with shared ones.
  share_link_tower_layers: z.literal(false).default(false),
  link_tower_type: z.enum(Object.keys(bridgeTypes) as (keyof typeof bridgeTypes)[]).default("add"),
  tie_word_embeddings: z.boolean().default(false),
  text_config: textSchema.prefault({}),
  vision_config: imageSchema.prefault({}),
});

/** What config.json says, as our model calls it. */
export interface BridgeTowerFile {
  readonly image: VitConfig;
  /** Blocks in the file, of which the class runs as many as the text tower has. */
  readonly imageDepth: number;
  readonly text: Extract<BridgeTowerConfig["text"], { kind: "bert" }>;
  readonly fusion: BridgeConfig;
  readonly p: z.output<typeof schema>;
}

/** config.json as our configuration. @throws BifocalError when its sizes do not fit each other. */
export function readBridgeTower(config: unknown, where: string): BridgeTowerFile {
  const p = readConfig(schema, config, where);
  const { text_config: t, vision_config: v } = p;
  const refuse = (key: string, expected: string, got: number) =>
    fail("checkpoint", `${where}, config.json, ${key}`, { expected, got: String(got) });
  if (t.hidden_size !== p.hidden_size)
    refuse("text_config.hidden_size", `hidden_size ${p.hidden_size}`, t.hidden_size);
  const imageDepth = v.num_hidden_layers - (v.remove_last_layer ? 1 : 0);
  const depth = t.num_hidden_layers;
  if (imageDepth < depth)
    refuse("vision_config.num_hidden_layers", `the ${depth} blocks of the text tower`, imageDepth);
  if (p.num_hidden_layers > depth + 1)
    refuse("num_hidden_layers", `at most ${depth + 1}`, p.num_hidden_layers);
  if (v.hidden_size < 64)
    refuse("vision_config.hidden_size", "64 or more: a head has 64 channels", v.hidden_size);
  const [height, width] = v.image_size;
  if (height !== width) refuse("vision_config.image_size", `a square of ${height}`, width);
  const positionOffset = t.pad_token_id + 1;
  const text = {
    ...plainText(t),
    kind: "bert",
    positionOffset,
    textLength: t.max_position_embeddings - positionOffset,
    segments: t.type_vocab_size,
    norm: "post",
  } as const;
  const image = {
    imageSize: height,
    patch: v.patch_size,
    width: v.hidden_size,
    depth,
    heads: Math.floor(v.hidden_size / 64),
    hidden: 4 * v.hidden_size,
    activation: "quick",
    dropout: 0,
    normFirst: true,
    epsilon: v.layer_norm_eps,
  } as const;
  const fusion = {
    width: p.hidden_size,
    heads: text.heads,
    hidden: text.hidden,
    activation: text.activation,
    norm: "post",
    dropout: text.dropout,
    epsilon: text.epsilon,
    depth: p.num_hidden_layers,
    bridge: bridgeTypes[p.link_tower_type],
    bridgeEpsilon: p.layer_norm_eps,
    projections: p.share_cross_modal_transformer_layers ? "shared" : "each",
  } as const;
  return { image, imageDepth, text, fusion, p };
}

/** The image tower's tensors under `vision_model.visual`. */
export function visualRules(c: VitConfig, imageDepth: number): Rule[] {
  return [
    ...dropBlocks("transformer.resblocks", c.depth, imageDepth),
    rename("embeddings.class_embedding", "class", classStep(c)),
    rename("embeddings.position_embedding.weight", "positions"),
    drop("embeddings.position_ids", "counts from 0"),
    ...patchRules("embeddings.patch_embedding", c),
    ...resblockRules("transformer.resblocks.*", "blocks.*"),
    ...resblockNorms,
    drop("ln_separate.**", "is not used by the published classes: ln_post is the norm of every layer"),
  ];
}

/** The published text tower. */
export const textRules: readonly Rule[] = [
  ...bertRules,
  drop("pooler.**", "is not used: the fusion has a pooler of its own"),
];

/** What BridgeTower's published classes and original code name alike: fusion, projections and bridges. */
export function bridgeRules({ depth, projections, bridge: kind }: BridgeConfig): Rule[] {
  const share = { add: undefined, "scaled-add": "scaled_factor", interpolate: "beta" }[kind];
  const [words, patches] = [
    ["text", "word", "projectWords"],
    ["image", "patch", "projectPatches"],
  ].map(([theirs, ours, project]) => [
    ...(projections === "shared"
      ? renameLayer(`cross_modal_${theirs}_transform`, project!)
      : renameLayer(`cross_modal_${theirs}_transform.*`, `${project}.*`)),
    ...renameLayer(`cross_modal_${theirs}_layernorm`, `fusion.${ours}Bridges.0.norm`),
    ...Array.from({ length: depth - 1 }, (_, i) => {
      const [link, bridge] = [`cross_modal_${theirs}_link_tower.${i}`, `fusion.${ours}Bridges.${i + 1}`];
      return [
        ...renameLayer(`${link}.LayerNorm`, `${bridge}.norm`),
        ...(share === undefined ? [] : [rename(`${link}.${share}`, `${bridge}.share`, reshaped([], [1]))]),
      ];
    }).flat(),
  ]) as [Rule[], Rule[]];
  return [...words, ...patches, ...coAttentionRules];
}

/** Heads that a file of one class holds for the others. */
export const headDrops: readonly Rule[] = [
  ...["mlm_score", "itm_score", "itc_text_head", "itc_image_head", "itc_cross_modal_head"].map((head) =>
    drop(`${head}.**`, "is a head that this class does not have"),
  ),
  drop("logit_scale", "scales a loss"),
];

/** What a class makes of a pair. */
type Outputs = (state: BridgedState, image: ImageState, text: TextState) => Record<string, Tensor>;

const ids = { dtype: "i32", axes: "B T" } as const;

/** A class that reads pairs and makes its outputs of the fusion's state. */
export function pairClass(
  { image, imageDepth, text, fusion }: BridgeTowerFile,
  rules: readonly Rule[],
  head: (at: Scope, text: WordTower) => Outputs,
): PublishedModel {
  return {
    // The classes take pixel_mask and token_type_ids and read neither.
    inputs: {
      input_ids: ids,
      attention_mask: { ...ids, optional: true },
      token_type_ids: { ...ids, optional: true },
      pixel_values: { dtype: "f32", axes: "B 3 Y X" },
      pixel_mask: { dtype: "i32", axes: "B Y X", optional: true },
    },
    rules: [
      ...within("vision_model.visual", "image", visualRules(image, imageDepth)),
      ...within("text_model", "text", textRules),
      ...bridgeRules(fusion),
      rename("token_type_embeddings.weight", "kinds"),
      ...rules,
      ...headDrops,
    ],
    build: (at) => {
      const imageTower = vit(at.in("image"), image);
      const textTower = bert(at.in("text"), text);
      const { fuse } = bridgedTowers(at, { fusion }, imageTower, textTower);
      const finish = head(at, textTower);
      return ({ input_ids, attention_mask, pixel_values }) => {
        const keep = attention_mask?.equal(0).not() ?? full(1, "bool", input_ids!.shape);
        const pictures = imageTower.encode({ pixels: pixel_values! });
        const texts = textTower.encode({ ids: input_ids!, keep });
        const state = fuse(pictures, texts);
        return { ...finish(state, pictures, texts), ...traces(state, pictures, texts) };
      };
    },
  };
}

/** The published classes keep the states of pictures patch by patch, f32[P,B,D]. */
function traces(state: BridgedState, image: ImageState, text: TextState): Record<string, Tensor> {
  const pairs = (name: string, all: readonly Streams[]) =>
    all.flatMap(({ words, patches }, i) => [
      [`${name}.${i}.0`, words],
      [`${name}.${i}.1`, patches],
    ]);
  return Object.fromEntries([
    ...text.layers.map((layer, i) => [`hidden_states.0.${i}`, layer]),
    ...image.layers.map((layer, i) => [`hidden_states.1.${i}`, layer.swap(0, 1)]),
    ...pairs("hidden_states.2", state.layers),
    ...pairs("attentions", state.own),
  ]);
}
