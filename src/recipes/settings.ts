import { parseDocument } from "yaml";
import { type ErrorFields, fail, renderError } from "../core/index.ts";

/** Overrides from the command line: `--set train.optimizer.lr=1e-4`, `--set train.factors.0.factor=5`, `--set 'train.freeze=[model.text]'`. */

/**
 * A copy of `recipe` with each "path=value" applied in order. Values are YAML 1.2, an empty one is null. Keys that do
 * not exist are added, so that validation, which knows the schema, can name the nearest one.
 * @throws BifocalError "config" with every setting that cannot be applied.
 */
export function applySettings(recipe: object, settings: readonly string[]): unknown {
  const result: unknown = structuredClone(recipe);
  const problems = settings.flatMap((setting) => applySetting(result, setting) ?? []);
  failWith(problems, "--set");
  return result;
}

/** Fails with all problems at once; one alone is shown in its own words. @throws BifocalError "config" unless empty. */
export function failWith(problems: readonly ErrorFields[], where: string): void {
  const [only, ...others] = problems;
  if (only === undefined) return;
  const { code, where: path, ...rest } = only;
  if (others.length === 0) fail(code, `${where} at ${path}`, rest);
  fail("config", where, { got: [`${problems.length} problems`, ...problems.map(renderError)].join("\n  ") });
}

function applySetting(recipe: unknown, setting: string): ErrorFields | undefined {
  const problem = (expected: string, got: string, todo?: string): ErrorFields => ({
    code: "config",
    where: setting,
    expected,
    got,
    ...(todo !== undefined && { todo }),
  });
  const equals = setting.indexOf("=");
  const keys = setting.slice(0, equals).split(".");
  if (equals < 1 || keys.some((key) => key === "" || key === "__proto__")) {
    return problem("path=value", "no such form", "write for example train.optimizer.lr=1e-4");
  }
  const document = parseDocument(setting.slice(equals + 1));
  const [defect] = [...document.errors, ...document.warnings];
  if (defect !== undefined) {
    return problem(
      "a YAML value",
      defect.message.split("\n")[0] ?? "",
      "quote strings with special characters",
    );
  }

  let target = recipe;
  for (const [depth, key] of keys.entries()) {
    const at = keys.slice(0, depth).join(".");
    if (typeof target !== "object" || target === null) {
      return problem(
        `an object or list at ${at}`,
        JSON.stringify(target) ?? "nothing",
        `set ${at} as a whole`,
      );
    }
    if (Array.isArray(target) && !(Object.hasOwn(target, key) && /^\d+$/.test(key))) {
      return problem(
        `an index from 0 to ${target.length - 1} at ${at}`,
        key,
        `set ${at} as a whole to make it longer`,
      );
    }
    const object = target as Record<string, unknown>;
    if (depth === keys.length - 1) object[key] = document.toJS();
    else if (!Object.hasOwn(object, key)) object[key] = {};
    target = object[key];
  }
  return undefined;
}
