/** What the small recipes share: parts of meter-tiny for other models, and fine-tuning to answer questions. */
import type { ModelConfig } from "../models/index.ts";
import type { PretrainConfig } from "../tasks/pretrain.ts";
import { meterTiny } from "./meter-tiny.ts";
import { meterTinyNlvr2 } from "./meter-tiny-nlvr2.ts";
import { meterTinyVqa } from "./meter-tiny-vqa.ts";
import type { Recipe } from "./recipe.ts";

/** Blocks 128 wide. */
export const tinyBlocks = {
  width: 128,
  heads: 4,
  hidden: 512,
  activation: "exact",
  dropout: 0,
  epsilon: 1e-6,
} as const;

/** A transformer of five blocks over pictures of 48 pixels, for models that read words with it too. */
export const tinyTrunk = {
  kind: "vit",
  ...tinyBlocks,
  colours: meterTiny.model.image.colours,
  imageSize: 48,
  patch: 12,
  depth: 5,
  normFirst: false,
} as const;

/** Word embeddings alone, with the data set's own vocabulary. */
export const tinyWords = {
  kind: "words",
  vocab: 192,
  textLength: 22,
  positionOffset: 0,
  segments: 1,
  width: 128,
  dropout: 0,
  epsilon: 1e-12,
} as const;

/** meter-tiny with another model, and with objectives of that model's paper beside meter-tiny's. */
export function tiny(
  name: string,
  description: string,
  model: ModelConfig,
  objectives: Omit<PretrainConfig, "mlm" | "itm" | "itc"> = {},
): Recipe {
  return {
    ...meterTiny,
    name,
    description: `${description}, pretrained on Emoji World captions`,
    model,
    task: { ...meterTiny.task, kind: "pretrain", ...objectives },
  };
}

/** The same model, fine-tuned as meter-tiny-vqa is: give the run to start from with --from. */
export function tinyVqa(recipe: Recipe): Recipe {
  const { task, train } = meterTinyVqa;
  return {
    ...recipe,
    name: `${recipe.name}-vqa`,
    description: recipe.description.replace(
      "pretrained on Emoji World captions",
      "fine-tuned to answer questions about Emoji World",
    ),
    task,
    train,
  };
}

/** That model, fine-tuned further as meter-tiny-nlvr2 is: --from a run that has learned to answer questions. */
export function tinyNlvr2(answering: Recipe): Recipe {
  const { task, train } = meterTinyNlvr2;
  const { model } = answering;
  return {
    ...answering,
    name: answering.name.replace("-vqa", "-nlvr2"),
    description: answering.description.replace(
      "answer questions about Emoji World",
      "judge statements about two pictures",
    ),
    model: twoPictures(model),
    task,
    train,
  };
}

/** With a mark for the second picture where the model marks pictures; without, the place of its summary tells which it was. */
function twoPictures(model: ModelConfig): ModelConfig {
  if (model.kind === "visual-parsing" || model.kind === "dual-encoder" || model.kind === "flava")
    return model;
  return { ...model, pictures: 2 };
}
