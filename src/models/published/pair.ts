/** What the published classes of CLIP and SigLIP share: two towers in one file, and the comparison of what they return. */
import { z } from "zod";
import { full, type Tensor } from "../../graph/tensor.ts";
import type { Scope } from "../../nn/scope.ts";
import type { DualModel, ImageState, TextState } from "../contracts.ts";
import { type DualEncoderConfig, dualEncoder } from "../dual-encoder.ts";
import type { ImageTowerConfig, TextTowerConfig } from "../encoders/index.ts";
import { type Named, type PublishedModel, readConfig, type TowerSource, traces } from "./class.ts";
import { drop, type Rule, within } from "./rules.ts";
import { plainInputs } from "./text.ts";

/** Reads the configuration of one tower. */
export type OpenTower<C> = (config: unknown, where: string) => TowerSource<C>;

const part = z.record(z.string(), z.unknown()).nullish();

/**
 * A part of config.json that describes one encoder; an absent one has the class's defaults. Old files say it under a
 * second name too, which counts there.
 */
export function partOf(config: unknown, where: string, key: string): unknown {
  const parts = readConfig(z.object({ [key]: part, [`${key}_dict`]: part }), config, where);
  return parts[`${key}_dict`] ?? parts[key] ?? {};
}

const prefixes = { vision_config: "vision_model", text_config: "text_model" } as const;

/** The tower under `key` of a whole file; `shared` drops what belongs to neither tower. */
export function half<C>(
  open: OpenTower<C>,
  key: keyof typeof prefixes,
  shared: readonly Rule[],
): OpenTower<C> {
  const others = Object.values(prefixes).filter((prefix) => prefix !== prefixes[key]);
  const rest = [...others.map((prefix) => drop(`${prefix}.**`, "is the other tower")), ...shared];
  return (config, where) => {
    const source = open(partOf(config, where, key), where);
    return {
      config: source.config,
      rules: (asked) => [...within(prefixes[key], "", source.rules(asked)), ...rest],
    };
  };
}

/** Both towers of a file, and their rules. */
export interface Pair {
  readonly config: DualEncoderConfig;
  readonly rules: readonly Rule[];
}

/** Opens both. */
export function readPair(
  config: unknown,
  where: string,
  image: OpenTower<ImageTowerConfig>,
  text: OpenTower<TextTowerConfig>,
): Pair {
  const [images, texts] = [
    image(partOf(config, where, "vision_config"), where),
    text(partOf(config, where, "text_config"), where),
  ] as const;
  return {
    config: { image: images.config, text: texts.config },
    rules: [
      ...within("vision_model", "image", images.rules(images.config)),
      ...within("text_model", "text", texts.rules(texts.config)),
    ],
  };
}

/** A class that encodes pictures and texts apart; they need not be equally many. */
export function pairClass(
  { config, rules }: Pair,
  ownRules: readonly Rule[],
  head: (at: Scope, model: DualModel) => (image: ImageState, text: TextState) => Named,
): PublishedModel {
  return {
    inputs: {
      pixel_values: { dtype: "f32", axes: "B 3 Y X" },
      input_ids: { ...plainInputs.input_ids, axes: "C T" },
      attention_mask: { ...plainInputs.attention_mask, axes: "C T" },
    },
    rules: [...ownRules, ...rules],
    build: (at) => {
      const model = dualEncoder(at, config);
      const finish = head(at, model);
      return ({ pixel_values, input_ids, attention_mask }) => {
        const keep = attention_mask?.equal(0).not() ?? full(1, "bool", input_ids!.shape);
        const image = model.encodeImage({ pixels: pixel_values! });
        const text = model.encodeText({ ids: input_ids!, keep });
        return {
          ...finish(image, text),
          ...under("vision_model_output", traces(image.layers, image.attention)),
          ...under("text_model_output", traces(text.layers, text.attention)),
        };
      };
    },
  };
}

/** Outputs of a part of a class by their names there. */
export function under(part: string, outputs: Named): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [`${part}.${name}`, tensor]));
}

/** Similarities f32[B,C] of pictures and texts, both ways. */
export function bothWays(similarities: Tensor): Named {
  return { logits_per_image: similarities, logits_per_text: similarities.swap(0, 1) };
}
