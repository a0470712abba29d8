import { fail } from "../core/errors.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Scope } from "../nn/scope.ts";
import { type BridgeTowerConfig, bridgetower } from "./bridgetower.ts";
import type { DualModel, FusionModel, TextDecoder } from "./contracts.ts";
import { type DallEConfig, dallE } from "./dall-e.ts";
import { type DualEncoderConfig, dualEncoder } from "./dual-encoder.ts";
import { type FlavaConfig, flava } from "./flava.ts";
import { type MeterConfig, meter } from "./meter.ts";
import { type OneTowerConfig, oneTower } from "./one-tower.ts";
import { type DecoderConfig, withDecoder } from "./text-decoder.ts";
import { type ViltConfig, vilt } from "./vilt.ts";
import { type VisualParsingConfig, visualParsing } from "./visual-parsing.ts";
import { type VlcConfig, vlc } from "./vlc.ts";
import { type VlmoConfig, vlmo } from "./vlmo.ts";

/** A model as a recipe names it. */
export type ModelConfig = (
  | ({ readonly kind: "meter" } & MeterConfig)
  | ({ readonly kind: "bridgetower" } & BridgeTowerConfig)
  | ({ readonly kind: "dual-encoder" } & DualEncoderConfig)
  | ({ readonly kind: "flava" } & FlavaConfig)
  | ({ readonly kind: "one-tower" } & OneTowerConfig)
  | ({ readonly kind: "vilt" } & ViltConfig)
  | ({ readonly kind: "visual-parsing" } & VisualParsingConfig)
  | ({ readonly kind: "vlc" } & VlcConfig)
  | ({ readonly kind: "vlmo" } & VlmoConfig)
) & {
  /** Standard deviation of new weight matrices and tables: 0.02 in the papers, more where layers are narrow. */
  readonly std: number;
  /** Writes texts, over any fusion. */
  readonly decoder?: DecoderConfig | undefined;
};

/** What makes codes of pictures. Without `from` its codes are those of a random network. */
export interface CodebookConfig extends DallEConfig {
  /** Published codebook whose weights are taken, "org/name@commit". */
  readonly from?: string | undefined;
}

/** Declares a codebook under `at`; pixels f32[B,3,8h,8w] between 0.1 and 0.9 to codes i32[B,h,w]. */
export function buildCodebook(at: Scope, config: CodebookConfig): (pixels: Tensor) => Tensor {
  const encode = dallE(at, config);
  return (pixels) => encode(pixels).transpose([0, 2, 3, 1]).argmax();
}

/** Declares the parameters of a model under `at`; those of a decoder under `decoder`. */
export function buildModel(at: Scope, config: ModelConfig): DualModel | FusionModel {
  const model = buildEncoders(at, config);
  if (config.decoder === undefined) return model;
  return withDecoder(at.in("decoder"), needFusion(model, "model.decoder"), config.decoder, config.text);
}

function buildEncoders(at: Scope, config: ModelConfig): DualModel | FusionModel {
  switch (config.kind) {
    case "meter":
      return meter(at, config);
    case "bridgetower":
      return bridgetower(at, config);
    case "flava":
      return flava(at, config);
    case "one-tower":
      return oneTower(at, config);
    case "vilt":
      return vilt(at, config);
    case "visual-parsing":
      return visualParsing(at, config);
    case "vlc":
      return vlc(at, config);
    case "vlmo":
      return vlmo(at, config);
    case "dual-encoder":
      return dualEncoder(at, config);
  }
}

/** The model, known to have a fusion. @throws BifocalError when the model has no fusion, naming who asked for one. */
export function needFusion(model: DualModel | FusionModel, where: string): FusionModel {
  if ("fuse" in model) return model;
  return fail("config", where, {
    expected: "a model with a fusion",
    got: "a dual encoder",
    todo: "choose another model, or drop what needs picture and text together",
  });
}

/** The model, known to write texts. @throws BifocalError when it only reads, naming who asked. */
export function needDecoder(
  model: DualModel | FusionModel,
  where: string,
): FusionModel & { readonly decoder: TextDecoder } {
  if ("fuse" in model && model.decoder !== undefined) return { ...model, decoder: model.decoder };
  return fail("config", where, {
    expected: "a model with a decoder, which writes texts",
    got: "one that only reads",
    todo: "give model.decoder its sizes, or drop what writes",
  });
}
