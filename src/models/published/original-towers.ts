/** Towers in checkpoints of METER and BridgeTower: their sizes, which show in their tensors, and their names. */
import { fail } from "../../core/errors.ts";
import { type Shape, showShape } from "../../core/shape.ts";
import { colours } from "../colours.ts";
import { bertRules } from "../encoders/bert.weights.ts";
import { originalClipRules } from "../encoders/clip-original.weights.ts";
import type { ImageTowerConfig, TextTowerConfig } from "../encoders/index.ts";
import { originalSwinRules } from "../published/swin.ts";
import { drop, dropBlocks, type Rule, within } from "./rules.ts";
import { fitPositions } from "./vit.ts";

/** The shape of a tensor under "state_dict"; undefined where there is none. */
export type ShapeOf = (name: string) => Shape | undefined;

/** Shapes of tensors that may and that must be there. */
export interface Shapes {
  readonly shapeOf: ShapeOf;
  /** @throws BifocalError when there is none, or none of so many axes. */
  read(name: string, axes: number): Shape;
}

type VitTower = Extract<ImageTowerConfig, { kind: "vit" }>;
type SwinTower = Extract<ImageTowerConfig, { kind: "swin" }>;
type BertTower = Extract<TextTowerConfig, { kind: "bert" }>;

/** `where` is the file. */
export function shapesIn(shapeOf: ShapeOf, where: string): Shapes {
  return {
    shapeOf,
    read: (name, axes) => {
      const shape = shapeOf(name);
      if (shape?.length === axes && !shape.includes(0)) return shape;
      return fail("checkpoint", `${where}, ${name}`, {
        expected: `a tensor of ${axes} axes`,
        got: shape === undefined ? "none" : showShape(shape),
      });
    },
  };
}

/** The image tower below `image`, for the tower asked for. */
export function originalImageRules(file: ImageTowerConfig, asked: ImageTowerConfig): Rule[] {
  if (file.kind === "swin" && asked.kind === "swin") {
    return within("vit_model", "image", originalSwinRules(file, asked));
  }
  if (file.kind !== "vit" || asked.kind !== "vit") {
    return fail("config", "model.image.kind", { expected: file.kind, got: asked.kind });
  }
  return [
    ...within("vit_model.visual", "image", [
      ...dropBlocks("transformer.resblocks", asked.depth, file.depth),
      ...fitPositions("positional_embedding", file, asked),
      ...originalClipRules(file),
    ]),
    ...["positional_embedding", "ln_final.**", "token_embedding.weight"].map((name) =>
      drop(`vit_model.${name}`, "belongs to CLIP's text tower, which the model does not run"),
    ),
  ];
}

/** The text tower below `text`, for the tower asked for. */
export function originalBertRules(file: BertTower, asked: TextTowerConfig): Rule[] {
  if (asked.kind !== "bert") return fail("config", "model.text.kind", { expected: "bert", got: asked.kind });
  return within("text_transformer", "text", [
    ...dropBlocks("encoder.layer", asked.depth, file.depth),
    ...bertRules,
    drop("pooler.**", "is not used: the fusion has a pooler of its own"),
  ]);
}

/** So many tensors there are with a number in their name, from 0 on. */
export function countTensors(nameOf: (index: number) => string, shapeOf: ShapeOf): number {
  let index = 0;
  while (shapeOf(nameOf(index)) !== undefined) index++;
  return index;
}

/** CLIP, BERT and RoBERTa have a head for every 64 channels. */
function headsOf(width: number): number {
  return Math.max(1, Math.floor(width / 64));
}

/** CLIP's image tower under `vit_model.visual`, which has a head for every 64 channels and in METER a block less than CLIP's file. */
export function originalClipTower({ read, shapeOf }: Shapes): VitTower {
  const [width, , patch] = read("vit_model.visual.conv1.weight", 4) as [number, number, number];
  const [positions] = read("vit_model.visual.positional_embedding", 2) as [number];
  const block = (index: number) => `vit_model.visual.transformer.resblocks.${index}`;
  return {
    kind: "vit",
    colours: colours.clip,
    imageSize: patch * Math.round(Math.sqrt(positions - 1)),
    patch,
    width,
    depth: countTensors((index) => `${block(index)}.ln_1.weight`, shapeOf),
    heads: headsOf(width),
    hidden: read(`${block(0)}.mlp.c_fc.weight`, 2)[0]!,
    activation: "quick",
    dropout: 0,
    normFirst: true,
    epsilon: 1e-5,
  };
}

/** METER's Swin, whose windows are a 32nd of the picture's side. */
export function originalSwinTower({ read, shapeOf }: Shapes): SwinTower {
  const [first, , patch] = read("vit_model.patch_embed.proj.weight", 4) as [number, number, number];
  const block = (stage: number, index: number) => `vit_model.layers.${stage}.blocks.${index}`;
  const stages = Array.from(
    { length: countTensors((stage) => `${block(stage, 0)}.norm1.weight`, shapeOf) },
    (_, i) => i,
  );
  const [distances] = read(`${block(0, 0)}.attn.relative_position_bias_table`, 2) as [number];
  const window = (Math.sqrt(distances) + 1) / 2;
  return {
    kind: "swin",
    colours: colours.imagenet,
    imageSize: 32 * window,
    patch,
    window,
    widths: stages.map((stage) => first * 2 ** stage),
    depths: stages.map((stage) => countTensors((index) => `${block(stage, index)}.norm1.weight`, shapeOf)),
    heads: stages.map((stage) => read(`${block(stage, 0)}.attn.relative_position_bias_table`, 2)[1]!),
    expansion: read(`${block(0, 0)}.mlp.fc1.weight`, 2)[0]! / first,
    activation: "exact",
    dropout: 0,
    dropPath: 0.1,
    epsilon: 1e-5,
    absolutePositions: false,
  };
}

/** RoBERTa or BERT, base or large. */
export function originalTextTower({ read, shapeOf }: Shapes, isRoberta: boolean): BertTower {
  const table = (name: string) => read(`text_transformer.embeddings.${name}.weight`, 2);
  const [vocab, width] = table("word_embeddings") as [number, number];
  const block = (index: number) => `text_transformer.encoder.layer.${index}.intermediate.dense.weight`;
  const positionOffset = isRoberta ? 2 : 0;
  return {
    kind: "bert",
    vocab,
    textLength: table("position_embeddings")[0]! - positionOffset,
    positionOffset,
    segments: table("token_type_embeddings")[0]!,
    width,
    depth: countTensors(block, shapeOf),
    heads: headsOf(width),
    hidden: read(block(0), 2)[0]!,
    activation: "exact",
    norm: "post",
    dropout: 0.1,
    epsilon: isRoberta ? 1e-5 : 1e-12,
  };
}
