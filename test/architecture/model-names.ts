import { importsOf, targetOf } from "./imports.ts";
import { folderOf, isTest, type Source } from "./source.ts";

/** Folders that may know a model by name: the zoo itself, what joins published files to it, the recipes and what is above. */
const outside = new Set(["models", "checkpoints", "recipes", "web", "cli"]);

/**
 * Published formats that are named after the models they were made for: files that read the configurations of image
 * processors, and the Arrow folders of those models' own code.
 */
const publishedNames = /^src\/(data\/image-processor(-[a-z]+)?|datasets\/arrow-datasets)\.ts$/;

/** Model names that are also words of the field, found only by the file that is imported. */
const alsoWords = new Set(["clip"]); // gradient clipping, video clips

/** Names of the models: files of src/models and src/models/encoders that export a function of the same name. */
export function modelFiles(sources: readonly Source[]): Map<string, string> {
  const files = new Map<string, string>();
  for (const { path, text } of sources) {
    const name = /^src\/models\/(?:encoders\/)?([a-z0-9-]+)\.ts$/.exec(path)?.[1];
    if (name === undefined) continue;
    const identifier = name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    if (new RegExp(`^export function ${identifier}\\b`, "m").test(text)) files.set(name, path);
  }
  return files;
}

/** Shared code that names a model in an import or in a string: shared code asks for what it needs instead. */
export function modelNameProblems(sources: readonly Source[]): string[] {
  const models = modelFiles(sources);
  const paths = new Set(models.values());
  return sources
    .filter(
      (source) => !isTest(source) && !outside.has(folderOf(source.path)) && !publishedNames.test(source.path),
    )
    .flatMap((source) => [
      ...importsOf(source).flatMap(({ specifier, names, line }) => [
        ...(paths.has(targetOf(source, specifier) ?? "")
          ? [`${source.path}:${line}: imports the model ${specifier}`]
          : []),
        ...names
          .filter((name) => namesModel(splitCamelCase(name), models))
          .map((name) => `${source.path}:${line}: imports "${name}", the name of a model`),
      ]),
      ...source.tokens
        .filter(({ kind, text }) => {
          if (kind !== "string" && kind !== "template") return false;
          return !text.startsWith(".") && namesModel(text.toLowerCase().split(/[^a-z0-9]+/), models);
        })
        .map(({ text, line }) => `${source.path}:${line}: "${text}" names a model`),
    ]);
}

function splitCamelCase(name: string): string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

function namesModel(words: readonly string[], models: ReadonlyMap<string, string>): boolean {
  const joined = `-${words.join("-")}-`;
  return [...models.keys()].some((name) => !alsoWords.has(name) && joined.includes(`-${name}-`));
}
