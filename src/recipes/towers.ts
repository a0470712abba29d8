/** Towers named by a published model: `image: openai/clip-vit-base-patch16`, with or without its weights. */
import { findPublished } from "../checkpoints/find-published.ts";
import { imageTowerOf, textTowerOf, towerBlocksFrom } from "../checkpoints/towers.ts";
import { fail } from "../core/errors.ts";

/**
 * The recipe with every tower that is named by a published model written out: an id or folder alone, or an object with
 * `from`, without `kind`, whose other keys change the tower. `weights: random` takes sizes, colours and tokenizer but
 * not the weights. What is written out is `from` at a fixed commit, so that a stored configuration means the same later.
 * @throws BifocalError when a model is not found or has no such tower.
 */
export async function resolveTowers(recipe: unknown): Promise<unknown> {
  if (!isObject(recipe) || !isObject(recipe.model)) return recipe;
  const model = { ...recipe.model };
  for (const kind of ["image", "text"] as const) {
    const asked = askedFor(model[kind], `model.${kind}`);
    if (asked === undefined) continue;
    const published = await findPublished(asked.from, false);
    const tower = kind === "image" ? await imageTowerOf(published) : textTowerOf(published);
    model[kind] = { ...tower, ...asked.changes, ...(asked.weights && { from: published.source }) };
  }
  const blocks =
    isObject(model.tower) && !("width" in model.tower) ? askedFor(model.tower, "model.tower") : undefined;
  if (blocks !== undefined) {
    const published = await findPublished(blocks.from, false);
    model.tower = {
      ...towerBlocksFrom(published),
      ...blocks.changes,
      ...(blocks.weights && { from: published.source }),
    };
  }
  return { ...recipe, model };
}

/** What a tower's value asks for; undefined when it says its own sizes. */
function askedFor(value: unknown, where: string) {
  if (typeof value === "string") return { from: value, weights: true, changes: {} };
  if (!isObject(value) || "kind" in value || !("from" in value)) return undefined;
  const { from, weights = "published", ...changes } = value;
  if (typeof from !== "string") {
    fail("config", `${where}.from`, {
      expected: "a model of the hub or a folder",
      got: JSON.stringify(from),
    });
  }
  if (weights !== "published" && weights !== "random") {
    fail("config", `${where}.weights`, { expected: "published or random", got: JSON.stringify(weights) });
  }
  return { from, weights: weights === "published", changes };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
