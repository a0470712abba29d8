import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseFiles } from "./choose.ts";

const names = ["config.json", "model-1.safetensors", "model-2.safetensors", "model.bin", "sub/x.safetensors"];

test("names must be there, patterns take what is there, the first of a list that is there counts", () => {
  const shards = ["model-1.safetensors", "model-2.safetensors"];
  const list = ["model.safetensors", "model-*.safetensors", "model.bin"];
  assert.deepEqual(chooseFiles(["config.json", "*.txt", list], names), {
    chosen: ["config.json", ...shards],
    missing: [],
  });
  assert.deepEqual(chooseFiles(["*.safetensors", "sub/*"], names).chosen, [...shards, "sub/x.safetensors"]);
  assert.deepEqual(chooseFiles(["vocab.txt", ["a", "b*"], "config.json"], names), {
    chosen: ["config.json"],
    missing: ["vocab.txt", "a or b*"],
  });
});

test("a pattern does not let its ends overlap", () => {
  assert.deepEqual(chooseFiles(["ab*ba"], ["aba", "abba", "abcba"]).chosen, ["abba", "abcba"]);
});
