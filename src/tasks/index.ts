import type { DualModel, FusionModel } from "../models/contracts.ts";
import type { Scope } from "../nn/scope.ts";
import { type PretrainConfig, pretrain, pretrainBatch, pretrainPrimary } from "./pretrain.ts";
import type { BatchPlan, Primary, Sizes } from "./task.ts";
import { type VqaConfig, vqa, vqaBatch, vqaPrimary } from "./vqa.ts";

/** A task as a recipe names it. */
export type TaskConfig =
  | ({ readonly kind: "pretrain" } & PretrainConfig)
  | ({ readonly kind: "vqa" } & VqaConfig);

/** Declares a task's heads under `at`. */
export function buildTask(at: Scope, model: DualModel | FusionModel, config: TaskConfig, sizes: Sizes) {
  return config.kind === "vqa" ? vqa(at, model, config, sizes) : pretrain(at, model, config, sizes);
}

/** A task's batches, known without its model, so that other threads can make them. */
export function batchPlan(config: TaskConfig, sizes: Sizes): BatchPlan {
  return config.kind === "vqa" ? vqaBatch(config, sizes) : pretrainBatch(config, sizes);
}

/** What decides which checkpoint is the best. */
export function primaryOf(config: TaskConfig): Primary {
  return config.kind === "vqa" ? vqaPrimary : pretrainPrimary;
}
