import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { type AugmentPolicy, augmentPolicies } from "#src/data/rand-augment.ts";
import type { RgbImage } from "#src/data/rgb-image.ts";
import { openSafetensors } from "#src/files/safetensors.ts";

// What transforms/make.py got from Pillow and OpenCV. Tolerance: none against Pillow, whose integers and f32 roundings
// are followed; against OpenCV one level, its weights have fewer bits.

const path = new URL("../../../test/parity/transforms/operations.safetensors", import.meta.url);

test("every operation of RandAugment gives the levels of the original code", async () => {
  const goldens = await openSafetensors(fileURLToPath(path));
  const read = async (name: string): Promise<RgbImage> => {
    const [height, width] = goldens.tensors.get(name)!.shape as [number, number];
    return { data: (await goldens.read(name)) as Uint8Array, height, width };
  };
  const seen = new Set<string>();
  for (const key of [...goldens.tensors.keys()].filter((name) => name.includes(":"))) {
    const [picture, path, share, sign] = key.split(":") as [string, string, string, string];
    const [policy, name] = path.split(".") as [AugmentPolicy, string];
    const operation = augmentPolicies[policy].operations[name]!;
    const got = operation(await read(picture), Number(share), Number(sign), 0.37).data;
    const expected = (await read(key)).data;
    const worst = expected.reduce((most, level, i) => Math.max(most, Math.abs(level - got[i]!)), 0);
    assert.ok(worst <= (policy === "opencv" ? 1 : 0), `${key}: ${worst} levels apart`);
    seen.add(name);
  }
  const names = Object.values(augmentPolicies).flatMap(({ operations }) => Object.keys(operations));
  assert.deepEqual(
    [...new Set(names)].filter((name) => !seen.has(name)),
    ["identity"],
  );
  await goldens.close();
});
