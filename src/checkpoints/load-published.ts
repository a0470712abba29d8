import { openWeights } from "../files/open-weights.ts";
import type { TensorFile } from "../files/tensor-file.ts";
import { weightsOf } from "../files/weights-of.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Named, PublishedInput } from "../models/published/class.ts";
import type { Rule } from "../models/published/rules.ts";
import { declare, type Parameter } from "../nn/scope.ts";
import { type Filled, fillFrom } from "./fill.ts";
import { type PublishedFolder, publishedModel } from "./open-published.ts";

/** A published class with its weights, ready to be traced. */
export interface LoadedModel extends Filled {
  readonly className: string;
  readonly inputs: Readonly<Record<string, PublishedInput>>;
  readonly parameters: readonly Parameter[];
  readonly rules: readonly Rule[];
  readonly forward: (inputs: Named) => Record<string, Tensor>;
}

/** Reads the class that config.json names with all its weights. @throws BifocalError when the two do not fit. */
export async function loadPublished(published: PublishedFolder): Promise<LoadedModel> {
  const file = await openPublishedWeights(published);
  try {
    const { className, inputs, rules, build } = publishedModel(published, file);
    const { model: forward, parameters } = declare(build);
    const filled = await fillFrom(file, rules, parameters, published.family.prefix);
    return { ...filled, className, inputs, parameters, rules, forward };
  } finally {
    await file.close();
  }
}

/** The weights in a published folder, whatever their format, under the model's names. */
export async function openPublishedWeights({ folder }: PublishedFolder): Promise<TensorFile> {
  return weightsOf(await openWeights(folder));
}
