/** What the published classes of ViLT share: config.json, the names in their files, and their trunk on their inputs. */
import { z } from "zod";
import type { TypedArray } from "../../core/dtype.ts";
import type { AttributesOf } from "../../graph/ops/index.ts";
import { dims } from "../../graph/rearrange.ts";
import { constant, full, type Tensor } from "../../graph/tensor.ts";
import { colours } from "../colours.ts";
import { nearestPixels, type ViltConfig, type ViltTrunk } from "../vilt.ts";
import { activationSchema, depthSchema, type Named, positiveSchema, traces } from "./class.ts";
import { drop, type Rule, rename, renameLayer, within } from "./rules.ts";
import { labelFields, towerRules } from "./vit.ts";

/** What config.json says, with the library's defaults. */
export const viltSchema = z.object({
  ...labelFields,
  vocab_size: positiveSchema.default(30522),
  type_vocab_size: positiveSchema.default(2),
  modality_type_vocab_size: positiveSchema.default(2),
  max_position_embeddings: positiveSchema.default(40),
  hidden_size: positiveSchema.default(768),
  num_hidden_layers: depthSchema.default(12),
  num_attention_heads: positiveSchema.default(12),
  intermediate_size: positiveSchema.default(3072),
  hidden_act: activationSchema.default("exact"),
  hidden_dropout_prob: z.number().default(0),
  layer_norm_eps: z.number().default(1e-12),
  image_size: positiveSchema.default(384),
  patch_size: positiveSchema.default(32),
  num_channels: z.literal(3).default(3),
  qkv_bias: z.boolean().default(true),
  max_image_length: z.int().default(-1),
  num_images: z.int().default(-1),
});

/** config.json, read. */
export type ViltFields = z.output<typeof viltSchema>;

/** As our model calls it. */
export function viltConfig(p: ViltFields): ViltConfig {
  const shared = { width: p.hidden_size, dropout: p.hidden_dropout_prob, epsilon: p.layer_norm_eps } as const;
  return {
    image: {
      kind: "vit",
      ...shared,
      imageSize: p.image_size,
      patch: p.patch_size,
      depth: p.num_hidden_layers,
      heads: p.num_attention_heads,
      hidden: p.intermediate_size,
      activation: p.hidden_act,
      normFirst: false,
      projectionBias: p.qkv_bias ? "all" : "none",
      colours: colours.halves,
    },
    text: {
      kind: "words",
      ...shared,
      vocab: p.vocab_size,
      textLength: p.max_position_embeddings,
      positionOffset: 0,
      segments: p.type_vocab_size,
    },
    pictures: p.modality_type_vocab_size - 1,
  };
}

/** BERT's tables under `from`. */
export function tableRules(from: string): Rule[] {
  return [
    rename(`${from}.word_embeddings.weight`, "text.embedding.words"),
    rename(`${from}.position_embeddings.weight`, "text.embedding.positions"),
    rename(`${from}.token_type_embeddings.weight`, "text.embedding.segments"),
    ...renameLayer(`${from}.LayerNorm`, "text.embedding.norm"),
    drop(`${from}.position_ids`, "counts from 0"),
    drop(`${from}.token_type_ids`, "is 0 everywhere"),
  ];
}

/** All but poolers and heads. */
export function trunkRules(c: ViltConfig): Rule[] {
  return [
    ...tableRules("embeddings.text_embeddings"),
    rename("embeddings.token_type_embeddings.weight", "kinds"),
    ...within("", "image", towerRules(c.image)),
  ];
}

const ids = { dtype: "i32", axes: "B T" } as const;
/** The text's part of every class's inputs. */
export const textInputs = {
  input_ids: ids,
  attention_mask: { ...ids, optional: true },
  token_type_ids: { ...ids, optional: true },
} as const;

/** What a class returns of its trunk: all tokens, those of words, and traces. */
export interface Encoded {
  readonly tokens: Tensor;
  readonly words: Tensor;
  readonly traces: Readonly<Record<string, Tensor>>;
}

/**
 * The trunk on the inputs of a class. A picture's own patches come first, padding behind them, each in order.
 *
 * Differs: the class puts the patches of its largest picture in random order, and of pictures with more patches than
 * `max_image_length` it draws some; here the order stays and the first ones are read. The class fills up with patches
 * drawn from the padding, which are all the same where padding is 0. It returns as many patches as the largest picture
 * has; so does this where the mask's numbers are known, else as many as the canvas has.
 */
export function encode(trunk: ViltTrunk, p: ViltFields, given: Named, picture = 0): Encoded {
  const { input_ids, attention_mask, token_type_ids, pixel_values, pixel_mask } = given;
  const largest = pixel_mask && largestPicture(pixel_mask, p.patch_size);
  const limit = p.max_image_length < 0 ? Number.POSITIVE_INFINITY : p.max_image_length;
  const most = Math.min(largest ?? Number.POSITIVE_INFINITY, limit);
  const image = trunk.encodeImage({ pixels: pixel_values!, keep: pixel_mask?.equal(0).not(), most });
  const keep = attention_mask?.equal(0).not() ?? full(1, "bool", input_ids!.shape);
  const text = trunk.encodeText({ ids: input_ids!, keep, segments: token_type_ids });
  const { tokens, layers, attention } = trunk.join(image, text, picture);
  return { tokens, words: tokens.slice(1, 0, input_ids!.shape[1]!), traces: traces(layers, attention) };
}

/** Picture i of every text out of [B,N,...]; of a constant it is a constant. */
export function pictureOf(x: Tensor, i: number): Tensor {
  const part = x.at(1, i);
  const values = valuesOf(x);
  if (values === undefined) return part;
  const [B, N] = x.shape as [number, number];
  const size = part.size / B;
  return constant(
    x.dtype,
    part.shape,
    values.filter((_, at) => Math.floor(at / size) % N === i),
  );
}

/** Patches of the largest picture that a mask [B,Y,X] shows, counted along its first row and column. */
export function largestPicture(mask: Tensor, patch: number): number | undefined {
  const values = valuesOf(mask);
  const { B, Y, X } = dims([mask, "B Y X"]);
  if (values === undefined) return undefined;
  const [rows, columns] = [nearestPixels(Math.floor(Y / patch), Y), nearestPixels(Math.floor(X / patch), X)];
  const areas = Array.from({ length: B }, (_, b) => {
    const isKept = (y: number, x: number) => values[(b * Y + y) * X + x] !== 0;
    return rows.filter((y) => isKept(y, 0)).length * columns.filter((x) => isKept(0, x)).length;
  });
  return Math.max(...areas);
}

function valuesOf(x: Tensor): TypedArray | undefined {
  return x.node.op === "constant" ? (x.node.attributes as AttributesOf<"constant">).data : undefined;
}
