import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { openWeights } from "./open-weights.ts";
import { writeSafetensors } from "./safetensors.ts";

const fixture = fileURLToPath(new URL("../../test/fixtures/torch/script.pt", import.meta.url));
const root = mkdtempSync(join(tmpdir(), "bifocal-open-weights-"));
after(() => rmSync(root, { recursive: true }));

/** A folder with files of weights of these names; opening it gives the path of the one that was taken. */
async function taken(...names: string[]): Promise<string> {
  const folder = mkdtempSync(join(root, "folder-"));
  for (const name of names) {
    const path = join(folder, name);
    const shard = name.includes("pytorch") ? "part-1.bin" : "part-1.safetensors";
    const tensors = name.includes("pytorch") ? ["scale", "visual.weight", "visual.bias"] : ["x"];
    const map = Object.fromEntries(tensors.map((tensor) => [tensor, shard]));
    if (name.endsWith(".json")) writeFileSync(path, JSON.stringify({ weight_map: map }));
    else if (name.endsWith(".safetensors")) {
      await writeSafetensors(path, [{ name: "x", dtype: "f32", shape: [1], data: Float32Array.of(4) }]);
    } else copyFileSync(fixture, path);
  }
  const file = await openWeights(folder);
  for (const name of file.tensors.keys()) await file.read(name);
  await file.close();
  return file.path.slice(folder.length + 1);
}

const index = "model.safetensors.index.json";
const torchIndex = "pytorch_model.bin.index.json";

test("a folder gives its weights, safetensors first", async () => {
  assert.equal(await taken("pytorch_model.bin", "model.safetensors", "a.pt"), "model.safetensors");
  assert.equal(await taken("pytorch_model.bin", index, "part-1.safetensors"), index);
  assert.equal(await taken("pytorch_model.bin", "training_args.bin"), "pytorch_model.bin");
  assert.equal(await taken(torchIndex, "part-1.bin"), torchIndex);
  assert.equal(await taken("best.ckpt"), "best.ckpt");
  assert.equal(await taken("a.pt", "other.safetensors", "b.pth"), "other.safetensors");
});

test("a folder without weights, or with several, says what was looked for", async () => {
  await assert.rejects(
    taken(),
    /expected model.safetensors, model.safetensors.index.json, pytorch_model.bin, .*, or one file that ends in .*, got none of them/,
  );
  await assert.rejects(taken("b.pt", "a.bin"), /got a.bin, b.pt; name one of these files/);
});

test("a file is opened by its ending", async () => {
  const file = await openWeights(fixture);
  assert.deepEqual([...file.tensors.keys()], ["scale", "visual.weight", "visual.bias"]);
  assert.ok("content" in file);
  await file.close();
  const path = join(root, "weights.h5");
  writeFileSync(path, "");
  await assert.rejects(openWeights(path), /ends in .safetensors, .pt, .pth, .ckpt, .bin, .index.json/);
  await assert.rejects(openWeights(join(root, "none")), /expected weights, got ENOENT/);
  const looping = join(root, "loop.index.json");
  writeFileSync(looping, JSON.stringify({ weight_map: { x: "loop.index.json" } }));
  await assert.rejects(openWeights(looping), /got another ending/);
});
