import { fail } from "../core/errors.ts";
import type { Scope } from "../nn/scope.ts";
import type { DualModel, FusionModel } from "./contracts.ts";
import { type DualEncoderConfig, dualEncoder } from "./dual-encoder.ts";
import { type MeterConfig, meter } from "./meter.ts";

/** A model as a recipe names it. */
export type ModelConfig = (
  | ({ readonly kind: "meter" } & MeterConfig)
  | ({ readonly kind: "dual-encoder" } & DualEncoderConfig)
) & {
  /** Standard deviation of new weight matrices and tables: 0.02 in the papers, more where layers are narrow. */
  readonly std: number;
};

/** Declares the parameters of a model under `at`. */
export function buildModel(at: Scope, config: ModelConfig): DualModel | FusionModel {
  return config.kind === "meter" ? meter(at, config) : dualEncoder(at, config);
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
