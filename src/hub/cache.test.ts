import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { cacheFolder } from "./cache.ts";

test("the cache lies where Python's huggingface_hub has it", () => {
  assert.equal(cacheFolder({ HF_HUB_CACHE: "/a/b", HF_HOME: "/c" }), "/a/b");
  assert.equal(cacheFolder({ HF_HOME: "/c", XDG_CACHE_HOME: "/d" }), "/c/hub");
  assert.equal(cacheFolder({ HF_HUB_CACHE: "", HF_HOME: "~/c" }), join(homedir(), "c", "hub"));
  assert.equal(cacheFolder({ XDG_CACHE_HOME: "/d" }), "/d/huggingface/hub");
  assert.equal(cacheFolder({}), join(homedir(), ".cache", "huggingface", "hub"));
});
