import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { expandHome, isSafeName, readSource } from "./source.ts";

test("a model's name may carry a revision, or have it beside", async () => {
  const id = "openai/clip-vit-base-patch16";
  assert.deepEqual(await readSource(id), { id, revision: "main" });
  assert.deepEqual(await readSource(`${id}@refs/pr/3`), { id, revision: "refs/pr/3" });
  assert.deepEqual(await readSource(id, "v1.0"), { id, revision: "v1.0" });
  assert.deepEqual(await readSource(`${id}@v1.0`, "v1.0"), { id, revision: "v1.0" });
  assert.deepEqual(await readSource("bert_base.v2"), { id: "bert_base.v2", revision: "main" });
  await assert.rejects(readSource(`${id}@v1`, "v2"), /expected one revision of openai/);
});

test("what is neither a folder nor a model's name is refused in one sentence", async () => {
  const neither = [
    "",
    "a b/c",
    "a/b/c",
    "../clip@main",
    "a..b/c",
    "org/..",
    "org/",
    "-x/y",
    "org/a--b",
    "https://huggingface.co/org/name",
    "org\\name",
    "org/name@a@b",
    "org/name@",
    "org/name@../main",
    "org/name@a b",
    `org/${"x".repeat(100)}`,
  ];
  for (const source of neither) await assert.rejects(readSource(source), { name: "BifocalError" }, source);
});

test("a folder is taken as it is, by its absolute path", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "bifocal-source-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "file"), "");
  assert.equal(await readSource(folder), folder);
  assert.equal(await readSource("."), process.cwd());
  assert.equal(await readSource("src"), join(process.cwd(), "src"));
  await assert.rejects(readSource(join(folder, "none")), /expected a folder, got nothing there/);
  await assert.rejects(readSource(join(folder, "file")), /expected a folder, got a file/);
  await assert.rejects(readSource("./none"), /expected a folder, got nothing there/);
  assert.equal(expandHome("~/models"), join(homedir(), "models"));
  assert.equal(expandHome("~other"), "~other");
});

test("names that leave their folder are told", () => {
  for (const name of ["a", "a/b.txt", "..a", "a..b/c"]) assert.equal(isSafeName(name), true, name);
  for (const name of ["", "/a", "a/", "a//b", ".", "a/..", "../a", "a\\b", "C:", "a\0"]) {
    assert.equal(isSafeName(name), false, name);
  }
});
