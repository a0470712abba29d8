import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { expectNone } from "../expect-none.ts";
import { brokenLinks, missingFromTree } from "./markdown.ts";

const root = new URL("../../../", import.meta.url);
const exists = (path: string) => existsSync(new URL(path, root));
const read = (path: string) => readFileSync(new URL(path, root), "utf8");

test("links of the pages lead to files", () => {
  const pages = [
    ...readdirSync(root).filter((name) => name.endsWith(".md")),
    ...readdirSync(new URL("docs", root), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".md"))
      .map((name) => `docs/${name.replaceAll("\\", "/")}`),
  ];
  assert.ok(pages.includes("README.md"), "README.md is missing");
  expectNone(pages.flatMap((page) => brokenLinks(page, read(page), exists)));
});

test("the README's tree lists every folder of src", () => {
  const folders = readdirSync(new URL("src", root), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  expectNone(missingFromTree(read("README.md"), folders));
});

test("a dead link and a folder left out of the tree are reported", () => {
  const markdown = `[a](b.md) [c](../LICENSE#top) [d](https://example.org) [e](#here) \`[f](g.md)\`
\`\`\`
src/
  core/  graph/   [h](i.md)
\`\`\`
`;
  const present = (path: string) => path === "LICENSE";
  assert.deepEqual(brokenLinks("docs/x.md", markdown, present), ["docs/x.md: b.md does not exist"]);
  assert.deepEqual(missingFromTree(markdown, ["core", "graph", "nn", "re"]), ["nn", "re"]);
});
