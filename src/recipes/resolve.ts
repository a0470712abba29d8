import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseDocument } from "yaml";
import { z } from "zod";
import { fail, nearest } from "../core/index.ts";
import type { RunConfig } from "../train/config.ts";
import { recipes, stagedRecipes } from "./index.ts";
import { runSchema } from "./schema.ts";
import { applySettings } from "./settings.ts";
import { isStaged, stageConfigs } from "./stages.ts";
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
 * The runs that a recipe's name or JSON or YAML file, changed by settings, describes.
 * @throws BifocalError "config" or "usage" with every problem found.
 */
export async function resolveRecipe(recipe: string, settings: readonly string[]): Promise<ResolvedRecipe> {
  const named: Readonly<Record<string, object>> = { ...recipes, ...stagedRecipes };
  const found = Object.hasOwn(named, recipe) ? named[recipe]! : await readRecipe(recipe, Object.keys(named));
  // For readers of lists; nothing depends on it.
  const { description: _, ...said } = found as { readonly description?: unknown };
  const where = settings.length === 0 ? recipe : `${recipe} with settings`;
  if (!isStaged(said)) {
    const run = validate(runSchema, await resolveTowers(applySettings(said, settings)), where);
    return { name: run.name, runs: [run], staged: false };
  }
  const configs = await stageConfigs(said, settings, resolveTowers);
  const runs = configs.map((config, i) => validate(runSchema, config, `${where}, stage ${i + 1}`));
  return { name: validate(z.string().min(1), said.name, `${recipe}, name`), runs, staged: true };
}

async function readRecipe(path: string, names: readonly string[]): Promise<object> {
  const isFile = /\.(json|ya?ml)$/.test(path);
  if (!isFile || !existsSync(path)) {
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
