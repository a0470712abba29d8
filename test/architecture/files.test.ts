import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { expectNone } from "../expect-none.ts";
import { budgetProblems } from "./budgets.ts";
import { docstringProblems } from "./exports.ts";
import { readSources, root, sourceOf } from "./source.ts";
import { termsOf, vocabularyProblems } from "./vocabulary.ts";

test("files stay within their budget of lines", () => {
  const sources = readSources("src", "test", "bench", "examples", "scripts");
  expectNone(budgetProblems(sources));
});

test("every exported name of src has a docstring", () => {
  expectNone(docstringProblems(readSources("src")));
});

test("recipes use the words of docs/vocabulary.md", () => {
  const terms = termsOf(readFileSync(new URL("docs/vocabulary.md", root), "utf8"));
  assert.ok(terms.has("width") && terms.has("keep"));
  expectNone(vocabularyProblems(readSources("src"), terms));
});

test("a file over budget and a stale exemption are reported", () => {
  const lines = (path: string, count: number) => sourceOf(path, "\n".repeat(count));
  const sources = [
    lines("src/core/a.ts", 400),
    lines("src/core/b.ts", 401),
    lines("src/models/c.ts", 251),
    lines("src/models/c.test.ts", 400),
    lines("src/data/table.ts", 900),
  ];
  assert.deepEqual(budgetProblems(sources, { "src/data/table.ts": "a table", "src/core/a.ts": "was long" }), [
    "src/core/b.ts: 401 lines, the budget is 400; make it two files",
    "src/models/c.ts: 251 lines, the budget is 250; make it two files",
    "src/core/a.ts: within its budget, delete its exemption",
  ]);
});

test("an exported name without words above it is reported", () => {
  const source = sourceOf(
    "src/core/a.ts",
    `/** The file. */
import { x } from "./x.ts";
export const bare = 1;
/** Documented. */
export const fine = 2;
// not a docstring
export function plain() {}
/** Overloads share one. */
export function many(a: number): void;
export function many(a: string): void;
/** @throws always */
export abstract class Tagged {}
/** Private. */
const hidden = 3;
const open = 4;
export { hidden, open };
/** Kept through the remark below. */
// biome-ignore lint: reason
export async function* flow() {}
export type { T } from "./x.ts";
`,
  );
  assert.deepEqual(docstringProblems([source]), [
    "src/core/a.ts:3: bare has no docstring",
    "src/core/a.ts:7: plain has no docstring",
    "src/core/a.ts:12: Tagged has no docstring",
    "src/core/a.ts:16: open has no docstring",
  ]);
});

test("a recipe's key outside the vocabulary is reported", () => {
  const recipe = sourceOf(
    "src/recipes/a.ts",
    `export const a: Recipe = { ...base, width: 8, /* why */ hiddenSize: x ? y : z, nested: { depth: 3 } };`,
  );
  const machinery = sourceOf("src/recipes/b.ts", "export function read(): Recipe { return { text: 1 }; }");
  assert.deepEqual(vocabularyProblems([recipe, machinery], termsOf("| `width` | D | `depth` `nested` |")), [
    `src/recipes/a.ts:1: "hiddenSize" is not in docs/vocabulary.md`,
  ]);
});
