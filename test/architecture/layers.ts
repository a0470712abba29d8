import { importsOf, targetOf } from "./imports.ts";
import { folderOf, isTest, type Source } from "./source.ts";

const pure = ["core", "graph", "nn", "models", "objectives"];
const content = ["files", "data", "datasets", "metrics"];
const run = [...pure, ...content, "hub", "checkpoints", "tasks", "backends", "parallel"];

/** The folders each folder of src may import besides itself. A folder that is not a key has no place yet. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  core: [],
  files: ["core"],
  datasets: ["core", "files"],
  metrics: ["core"],
  data: ["core", "files"],
  graph: ["core"],
  backends: ["core", "graph"],
  nn: ["core", "graph"],
  models: ["core", "graph", "nn"],
  hub: ["core", "files"],
  checkpoints: ["core", "graph", "nn", "models", "files", "data", "hub"], // published folders to models
  objectives: ["core", "graph", "nn", "models"],
  tasks: [...pure, ...content],
  parallel: ["core"], // how processes meet and what they tell each other
  train: run,
  eval: [...run, "train"], // what was trained is evaluated
  recipes: [...run, "train", "eval"],
  web: [...run, "train", "eval", "recipes"],
  cli: [...run, "train", "eval", "recipes", "web"], // a verb starts the server
};

/** The folders that may import each npm package. A package that is not a key is not a run-time dependency. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  commander: ["cli"],
  hyparquet: ["files", "datasets"],
  "hyparquet-writer": ["files", "datasets"],
  koffi: ["backends", "parallel", "data"], // data: the decoder inside sharp
  "onnxruntime-node": ["backends"],
  sharp: ["data", "datasets", "web"],
  tokenizers: ["data"],
  yaml: ["recipes", "cli"],
  zod: ["models", "files", "hub", "data", "tasks", "train", "eval", "recipes", "web", "cli"],
};

/** Imports that point up or sideways, leave the repository's own folders, or name a package out of its place. */
export function layerProblems(sources: readonly Source[]): string[] {
  return sources
    .filter((source) => !isTest(source))
    .flatMap((source) => {
      const folder = folderOf(source.path);
      const below = layers[folder];
      if (below === undefined) return [`${source.path}: "${folder}" has no place in the order of imports`];
      return importsOf(source).flatMap(({ specifier, line }) => {
        const target = targetOf(source, specifier);
        const problem =
          target === undefined ? packageProblem(folder, specifier) : targetProblem(folder, below, target);
        return problem === undefined ? [] : [`${source.path}:${line}: ${problem}`];
      });
    });
}

function targetProblem(folder: string, below: readonly string[], target: string): string | undefined {
  const other = folderOf(target);
  if (!target.startsWith("src/")) return `${target} lies outside src`;
  if (target.endsWith(".test.ts")) return `${target} is a test`;
  if (other === folder) return undefined;
  if (!below.includes(other)) return `${folder} may not import ${other} (${target})`;
  if (other === "backends" && target.split("/").length > 3) {
    return `${target} belongs to one backend; import the interface in src/backends/`;
  }
  return undefined;
}

function packageProblem(folder: string, specifier: string): string | undefined {
  if (specifier.startsWith("node:")) {
    return pure.includes(folder) ? `${folder} may not import ${specifier}, it runs anywhere` : undefined;
  }
  if (specifier.startsWith("#") || specifier.split("/")[0] === "bifocal") {
    return `write the relative path instead of "${specifier}"`;
  }
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const folders = packages[name];
  if (folders === undefined) return `package "${name}" has no folder in test/architecture/layers.ts`;
  return folders.includes(folder) ? undefined : `${folder} may not import package "${name}"`;
}
