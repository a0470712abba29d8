import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { z } from "zod";
import { fail, nearest } from "../core/index.ts";
import type { RunConfig } from "../train/config.ts";
import { recipes } from "./index.ts";
import { runSchema } from "./schema.ts";
import { applySettings } from "./settings.ts";
import { isStaged, type StagedRecipe, stageConfigs } from "./stages.ts";
import { resolveTowers } from "./towers.ts";
import { validate } from "./validate.ts";

/** What a recipe asks for. */
export interface ResolvedRecipe {
  readonly name: string;
  /** The runs in their order: one, unless the recipe has stages. */
  readonly runs: readonly RunConfig[];
  readonly staged: boolean;
}

/**
 * As `resolveRecipe`, also for recipes of several stages.
 * @throws BifocalError "config" or "usage" with every problem found.
 */
export async function resolveStages(recipe: string, settings: readonly string[]): Promise<ResolvedRecipe> {
  const found = await findRecipe(recipe);
  if (!isStaged(found)) {
    const run = await resolveRun(found, recipe, settings);
    return { name: run.name, runs: [run], staged: false };
  }
  const { description: _, ...staged } = found as StagedRecipe & { readonly description?: unknown };
  const configs = await stageConfigs(staged, settings, resolveTowers);
  const runs = configs.map((config, i) => validate(runSchema, config, `${recipe}, stage ${i + 1}`));
  return { name: validate(z.string().min(1), staged.name, `${recipe}, name`), runs, staged: true };
}

/**
 * The configuration that a recipe's name or JSON or YAML file, changed by settings, describes.
 * @throws BifocalError "config" or "usage" with every problem found.
 */
export async function resolveRecipe(recipe: string, settings: readonly string[]): Promise<RunConfig> {
  const found = await findRecipe(recipe);
  if (!isStaged(found)) return resolveRun(found, recipe, settings);
  return fail("usage", `recipe ${recipe}`, { expected: "a recipe of one run", got: "one of several stages" });
}

async function resolveRun(found: object, recipe: string, settings: readonly string[]): Promise<RunConfig> {
  // For readers of lists; nothing depends on it.
  const { description: _, ...config } = found as { description?: unknown };
  const where = settings.length === 0 ? recipe : `${recipe} with settings`;
  return validate(runSchema, await resolveTowers(applySettings(config, settings)), where);
}

async function findRecipe(recipe: string): Promise<object> {
  return Object.hasOwn(recipes, recipe) ? recipes[recipe]! : readRecipe(recipe);
}

async function readRecipe(path: string): Promise<object> {
  const isFile = /\.(json|ya?ml)$/.test(path);
  if (!isFile || !existsSync(path)) {
    const names = Object.keys(recipes);
    fail("usage", `recipe ${path}`, {
      expected: `one of ${names.join(", ")}, or a JSON or YAML file`,
      got: isFile ? "no such file" : "no such recipe",
      ...(!isFile && { todo: `did you mean ${nearest(path, names)}?` }),
    });
  }
  const text = await readFile(path, "utf8").catch((cause: Error) =>
    fail("usage", path, { expected: "a file that can be read", got: cause.message }),
  );
  // JSON is YAML too.
  const document = parseDocument(text);
  const [defect] = [...document.errors, ...document.warnings];
  if (defect !== undefined) {
    fail("config", path, { expected: "JSON or YAML", got: defect.message.split("\n")[0] ?? "" });
  }
  const value: unknown = document.toJS();
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail("config", path, { expected: "an object", got: JSON.stringify(value) ?? "nothing" });
  }
  return value;
}
