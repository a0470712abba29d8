/**
 * Published classes: what the Python library `transformers` saves with `save_pretrained`. A family reads config.json,
 * builds our model and speaks in the names that its classes use for inputs and outputs.
 */
import { z } from "zod";
import { fail } from "../../core/errors.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Scope } from "../../nn/scope.ts";
import type { ImageTowerConfig, TextTowerConfig } from "../encoders/index.ts";
import type { Rule } from "./rules.ts";

/** Tensors by published names: `pixel_values`, `last_hidden_state`. */
export type Named = Readonly<Record<string, Tensor>>;

/** An input's dtype and axes as for `dims`, "B 3 H W": equal letters are equal sizes, whichever they are. */
export interface PublishedInput {
  readonly dtype: "f32" | "i32";
  readonly axes: string;
  readonly optional?: boolean;
  /** Its numbers, not its sizes alone, decide how large outputs are: `build` gets them as a constant. */
  readonly isFixed?: boolean;
  /** Its numbers are rows of a table of so many, where config.json does not say it. */
  readonly rows?: number;
}

/** A published class with its sizes read. */
export interface PublishedModel {
  readonly inputs: Readonly<Record<string, PublishedInput>>;
  /** From the names in its files, which may or may not start with the family's prefix, to the parameters of `build`. */
  readonly rules: readonly Rule[];
  /**
   * Declares the parameters and returns the forward function. Its outputs have the class's names; hidden states and
   * attentions are `hidden_states.0`, `attentions.0` and so on.
   */
  build(at: Scope): (inputs: Named) => Record<string, Tensor>;
}

/** One tower out of a published file: our configuration, and rules that fill a tower declared at the scope's root. */
export interface TowerSource<C> {
  /** The tower as published; a recipe may ask for another depth, picture size or dropout. */
  readonly config: C;
  /**
   * For a tower with the configuration asked for. What else is in the file, blocks beyond the depth asked for included,
   * is dropped by these rules too, with its reason.
   */
  rules(asked: C): readonly Rule[];
}

/** Whether a file holds a tensor, by its name without the family's prefix. */
export type Holds = (name: string) => boolean;

/** Builds a class from its config.json; files that may lack a part are asked for it. */
export type PublishedClass = (config: unknown, where: string, holds: Holds) => PublishedModel;

/** The classes that share a `model_type`. `where` is the folder, for messages. */
export interface Family {
  /** What the files of classes with a head put in front of the tower's names: "vit" for `vit.embeddings.cls_token`. */
  readonly prefix: string;
  /** By name in config.json's `architectures`; config.json without that list means the first. */
  readonly classes: Readonly<Record<string, PublishedClass>>;
  /** Present when a file of the family holds an image tower. */
  readonly image?: (config: unknown, where: string) => TowerSource<ImageTowerConfig>;
  /** Present when a file of the family holds a text tower. */
  readonly text?: (config: unknown, where: string) => TowerSource<TextTowerConfig>;
}

/** config.json as `schema` says. Unknown keys are other people's notes. @throws BifocalError with every problem. */
export function readConfig<S extends z.ZodType>(schema: S, config: unknown, where: string): z.output<S> {
  return readFields(schema, config, `${where}, config.json`);
}

/** As `readConfig`, of any part of a checkpoint. */
export function readFields<S extends z.ZodType>(schema: S, fields: unknown, where: string): z.output<S> {
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join(".") || "it"}: ${message}`);
  return fail("checkpoint", where, {
    expected: "a configuration that Bifocal knows",
    got: problems.join("; "),
  });
}

const activations = {
  gelu: "exact",
  gelu_python: "exact",
  gelu_new: "tanh",
  gelu_fast: "tanh",
  gelu_pytorch_tanh: "tanh",
  gelu_accurate: "tanh",
  quick_gelu: "quick",
  relu: "relu",
  silu: "silu",
  swish: "silu",
} as const;

/** `hidden_act` as our activation. */
export const activationSchema = z
  .enum(Object.keys(activations) as (keyof typeof activations)[])
  .transform((name) => activations[name]);

/** Sizes in config.json: larger ones than any model has are mistakes or worse. */
export const positiveSchema = z
  .int()
  .positive()
  .max(2 ** 24);

/** Numbers of layers, each of which is declared before a weight is read. */
export const depthSchema = z.int().positive().max(1024);

/** `image_size`: one side, or height and width. */
export const sidesSchema = z.union([
  positiveSchema.transform((side) => [side, side] as const),
  z.tuple([positiveSchema, positiveSchema]),
]);

/** hidden states and attentions under their published names. */
export function traces(layers: readonly Tensor[], attention: readonly Tensor[]): Record<string, Tensor> {
  return Object.fromEntries([
    ...layers.map((layer, i) => [`hidden_states.${i}`, layer]),
    ...attention.map((weights, i) => [`attentions.${i}`, weights]),
  ]);
}
