/** Recipes of several stages: what each stage's configuration is before it is checked. */
import { fail } from "../core/index.ts";
import { applySettings } from "./settings.ts";

/** A recipe whose runs come one after the other, each starting from the model of the one before. */
export interface StagedRecipe {
  readonly name: string;
  /**
   * A stage that says `model.kind` is a whole configuration; any other changes the stage before it: what it names is
   * replaced, objects key by key, but for `task` and parts of another `kind`, which are replaced as a whole.
   */
  readonly stages: readonly object[];
}

/** Whether a recipe has stages. */
export function isStaged(recipe: object): recipe is StagedRecipe {
  return "stages" in recipe;
}

/**
 * The configurations of all stages. A setting "stages.0.path=value" changes one stage and with it those that change it
 * further; any other changes every stage. `resolve` writes out what a stage names, before the next one changes it.
 * @throws BifocalError "config" for a recipe or setting of another form.
 */
export async function stageConfigs(
  recipe: StagedRecipe,
  settings: readonly string[],
  resolve: (stage: unknown) => Promise<unknown>,
): Promise<unknown[]> {
  const ofOne = settings.filter((setting) => setting.startsWith("stages."));
  const ofAll = settings.filter((setting) => !setting.startsWith("stages."));
  const { name, stages, ...others } = applySettings(recipe, ofOne) as StagedRecipe;
  if (!Array.isArray(stages) || stages.length === 0 || !stages.every(isObject)) {
    fail("config", "stages", { expected: "a list of stages", got: JSON.stringify(stages) ?? "nothing" });
  }
  const [other] = Object.keys(others);
  if (other !== undefined) {
    fail("config", other, {
      expected: "name and stages",
      got: "another key beside the stages",
      todo: "move it into the first stage",
    });
  }
  const configs: unknown[] = [];
  for (const [i, stage] of stages.entries()) {
    const isWhole = isObject(stage.model) && "kind" in stage.model;
    const { description: _, ...config } = (isWhole ? stage : changed(configs.at(-1) ?? {}, stage)) as Changes;
    const own = ofOne.filter((setting) => setting.startsWith(`stages.${i}.`));
    const named = { ...config, name: stage.name ?? `${name}-${i + 1}` };
    const set = applySettings(named, [
      ...ofAll,
      ...own.map((setting) => setting.slice(`stages.${i}.`.length)),
    ]);
    configs.push(await resolve(set));
  }
  return configs;
}

type Changes = Readonly<Record<string, unknown>>;

/** `value` with what `change` says, see `StagedRecipe`. */
function changed(value: unknown, change: unknown): unknown {
  if (!isObject(value) || !isObject(change)) return change;
  if ("kind" in change && change.kind !== value.kind) return change;
  const entries = Object.entries(change).map(([key, inner]) => [
    key,
    key === "task" ? inner : changed(value[key], inner),
  ]);
  return { ...value, ...Object.fromEntries(entries) };
}

function isObject(value: unknown): value is Changes {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
