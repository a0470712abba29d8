import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { expectNone } from "../expect-none.ts";
import { cycleProblems, importsOf } from "./imports.ts";
import { layerProblems, layers, packages } from "./layers.ts";
import { modelNameProblems } from "./model-names.ts";
import { readSources, root, sourceOf } from "./source.ts";

const sources = readSources("src");

test("src imports only downwards and packages only where they belong", () => {
  assert.ok(sources.length > 0);
  expectNone(layerProblems(sources));
});

test("src has no circle of imports", () => {
  expectNone(cycleProblems(sources));
});

test("shared code names no model", () => {
  expectNone(modelNameProblems(sources));
});

test("the tables agree with the folders and with package.json", () => {
  const folders = readdirSync(new URL("src", root), { withFileTypes: true });
  for (const folder of folders.filter((entry) => entry.isDirectory()))
    assert.ok(layers[folder.name], folder.name);
  const manifest: unknown = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  assert.ok(manifest !== null && typeof manifest === "object" && "dependencies" in manifest);
  assert.deepEqual(Object.keys(packages).sort(), Object.keys(manifest.dependencies as object).sort());
});

test("every exported path of the package has a source", () => {
  const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8")) as {
    exports: Record<string, string>;
  };
  for (const [name, path] of Object.entries(manifest.exports)) {
    const source = path.replace(/^\.\/dist\/(.*)\.js$/, "src/$1.ts");
    assert.ok(existsSync(new URL(source, root)), `${name} -> ${source}`);
  }
});

test("importsOf reads every form and nothing from comments, strings or declarations", () => {
  const source = sourceOf(
    "src/a/b.ts",
    `// import { no } from "./comment.ts";
/** import { no } from "./docstring.ts"; */
import "./bare.ts";
import type { A as B, C } from "./types.ts";
import d, * as e from "node:fs";
export * from "./all.ts";
export { f } from "./some.ts";
export const from = "./value.ts";
const text = \`import "./template.ts" \${g({ h: \`\${"}"}\` })}\`;
const pattern = /import ".\\/regex.ts"/;
const half = 1 / 2; const lazy = () => import("./lazy.ts"); // "/"
export { from };
`,
  );
  assert.deepEqual(
    importsOf(source).map(({ specifier, names, line }) => [specifier, names.join(" "), line]),
    [
      ["./bare.ts", "", 3],
      ["./types.ts", "A B C", 4],
      ["node:fs", "d e", 5],
      ["./all.ts", "", 6],
      ["./some.ts", "f", 7],
      ["./lazy.ts", "", 11],
    ],
  );
});

test("a wrong arrow of each kind is reported", () => {
  const problems = layerProblems([
    sourceOf("src/core/up.ts", `import { x } from "../graph/graph.ts";`),
    sourceOf("src/nn/run.ts", `import type { Backend } from "../backends/backend.ts";`),
    sourceOf("src/train/eager.ts", `import { onnx } from "../backends/onnx/index.ts";`),
    sourceOf("src/train/upward.ts", `const late = import("../eval/vqa.ts");`),
    sourceOf("src/datasets/load.ts", `import { loader } from "../data/loader.ts";`),
    sourceOf("src/data/tested.ts", `import { x } from "./image.test.ts";`),
    sourceOf("src/graph/file.ts", `import { readFileSync } from "node:fs";`),
    sourceOf("src/models/image.ts", `import sharp from "sharp";`),
    sourceOf("src/cli/unknown.ts", `import { x } from "@scope/left-pad/deep";`),
    sourceOf("src/cli/round.ts", `import { sizeOf } from "bifocal/core";`),
    sourceOf("src/helpers/new.ts", ""),
    sourceOf("src/cli/out.ts", `import { x } from "../../test/fixtures/x.ts";`),
  ]);
  assert.deepEqual(problems, [
    "src/core/up.ts:1: core may not import graph (src/graph/graph.ts)",
    "src/nn/run.ts:1: nn may not import backends (src/backends/backend.ts)",
    "src/train/eager.ts:1: src/backends/onnx/index.ts belongs to one backend; import the interface in src/backends/",
    "src/train/upward.ts:1: train may not import eval (src/eval/vqa.ts)",
    "src/datasets/load.ts:1: datasets may not import data (src/data/loader.ts)",
    "src/data/tested.ts:1: src/data/image.test.ts is a test",
    "src/graph/file.ts:1: graph may not import node:fs, it runs anywhere",
    `src/models/image.ts:1: models may not import package "sharp"`,
    `src/cli/unknown.ts:1: package "@scope/left-pad" has no folder in test/architecture/layers.ts`,
    `src/cli/round.ts:1: write the relative path instead of "bifocal/core"`,
    `src/helpers/new.ts: "helpers" has no place in the order of imports`,
    "src/cli/out.ts:1: test/fixtures/x.ts lies outside src",
  ]);
});

test("downward imports and a test's imports are fine", () => {
  const problems = layerProblems([
    sourceOf(
      "src/train/trainer.ts",
      `import { x } from "../backends/backend.ts"; import { y } from "./log.ts";`,
    ),
    sourceOf("src/data/image.ts", `import sharp from "sharp"; import { readFile } from "node:fs/promises";`),
    sourceOf("src/nn/norm.test.ts", `import { x } from "../backends/reference/index.ts";`),
  ]);
  assert.deepEqual(problems, []);
});

test("a circle is reported once, with its path", () => {
  const problems = cycleProblems([
    sourceOf("src/core/a.ts", `import { b } from "./b.ts";`),
    sourceOf("src/core/b.ts", `import type { c } from "./c.ts"; import { d } from "./d.ts";`),
    sourceOf("src/core/c.ts", `import { a } from "./a.ts"; import { d } from "./d.ts";`),
    sourceOf("src/core/d.ts", ""),
  ]);
  assert.deepEqual(problems, ["cycle: src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts"]);
});

test("a model's name in shared code is reported, its letters inside other words are not", () => {
  const zoo = [
    sourceOf("src/models/meter.ts", "export function meter(at: Scope, c: MeterConfig) {}"),
    sourceOf("src/models/encoders/vit.ts", "export function vit(at: Scope, c: VitConfig) {}"),
    sourceOf("src/models/encoders/clip.ts", "export function clip(at: Scope, c: ClipConfig) {}"),
    sourceOf("src/models/joint.ts", "export interface JointEncoder {}"),
    sourceOf("src/models/zoo.ts", `import { meter } from "./meter.ts"; export const zoo = { meter };`),
    sourceOf("src/recipes/meter-vqa.ts", `import { meter } from "../models/meter.ts";`),
  ];
  const problems = modelNameProblems([
    ...zoo,
    sourceOf(
      "src/train/fine.ts",
      `import { parameter, gravity, clip } from "./joint.ts"; const s = "parameter joint clip";`,
    ),
    sourceOf("src/train/direct.ts", `import { clip } from "../models/encoders/clip.ts";`),
    sourceOf("src/train/typed.ts", `import type { VitConfig } from "../models/zoo.ts";`),
    sourceOf("src/train/branch.ts", `if (name === "meter-base") run();\nlog(\`\${x} for ViT\`);`),
  ]);
  assert.deepEqual(problems, [
    "src/train/direct.ts:1: imports the model ../models/encoders/clip.ts",
    `src/train/typed.ts:1: imports "VitConfig", the name of a model`,
    `src/train/branch.ts:1: "meter-base" names a model`,
    `src/train/branch.ts:2: " for ViT" names a model`,
  ]);
});
