import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BifocalError, type Rng, rng, sizeOf } from "../core/index.ts";
import { openWeights } from "./open-weights.ts";
import { type NamedTensor, writeSafetensors } from "./safetensors.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-fuzz-"));
after(() => rmSync(folder, { recursive: true }));
const rounds = 400;

const tensors: NamedTensor[] = [
  { name: "a.weight", dtype: "f32", shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) },
  { name: "b", dtype: "f16", shape: [3], data: Float32Array.of(1, 2, 3) },
  { name: "ids", dtype: "i64", shape: [2], data: Int32Array.of(1, 2) },
  { name: "mask", dtype: "bool", shape: [2], data: Uint8Array.of(1, 0) },
];

/** One to four changes: bits, bytes, edge values, cuts, repetitions, exchanges. */
function mutated(bytes: Buffer, draws: Rng): Buffer {
  let result = Buffer.from(bytes);
  const edges = [
    0n,
    1n,
    0x7fn,
    0xffn,
    0xffffn,
    0x7fffffffn,
    0xffffffffn,
    2n ** 60n,
    2n ** 63n,
    2n ** 64n - 1n,
  ];
  for (let left = 1 + draws.integer(4); left > 0; left--) {
    if (result.length < 16) return result;
    const at = draws.integer(result.length - 8);
    const length = 1 + draws.integer(Math.min(64, result.length - at));
    const kind = draws.integer(8);
    if (kind === 0) result[at] = result[at]! ^ (1 << draws.integer(8));
    else if (kind === 1) result[at] = draws.integer(256);
    else if (kind === 2) result.writeBigUInt64LE(draws.pick(edges), at);
    else if (kind === 3) result.writeUInt32LE(Number(draws.pick(edges) & 0xffffffffn), at);
    else if (kind === 4) result = result.subarray(0, at);
    else if (kind === 5) result = Buffer.concat([result.subarray(0, at), result.subarray(at + length)]);
    else if (kind === 6) {
      result = Buffer.concat([result.subarray(0, at + length), result.subarray(at)]);
    } else result.copyWithin(at, draws.integer(result.length - length), result.length);
  }
  return result;
}

/** Opens and reads everything; true when that works, false for an error a user can read. */
async function survives(path: string, fileBytes: number): Promise<boolean> {
  try {
    const file = await openWeights(path);
    try {
      for (const [name, { shape }] of file.tensors) {
        assert.ok(
          sizeOf(shape) <= fileBytes,
          `${name} claims ${sizeOf(shape)} elements of ${fileBytes} bytes`,
        );
        await file.read(name);
      }
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if (error instanceof BifocalError) return false;
    throw error;
  }
}

async function fuzz(name: string, path: string, bytes: Buffer): Promise<void> {
  let read = 0;
  for (let round = 0; round < rounds; round++) {
    const damaged = mutated(bytes, rng("fuzz", name, round));
    writeFileSync(path, damaged);
    await assert.doesNotReject(async () => {
      if (await survives(path, Math.max(damaged.length, 200))) read++;
    }, `round ${round} of ${name}`);
  }
  // Neither everything nor nothing is refused: the changes reach the elements as well as the structure.
  assert.ok(read > 0 && read < rounds, `${read} of ${rounds} damaged files were read`);
}

for (const name of ["zip.pt", "legacy.pt", "protocol4.pt", "lightning.ckpt", "script.pt"]) {
  test(`damaged copies of ${name} are read or refused`, async () => {
    const source = fileURLToPath(new URL(`../../test/fixtures/torch/${name}`, import.meta.url));
    await fuzz(name, join(folder, name), readFileSync(source));
  });
}

test("damaged safetensors are read or refused", async () => {
  const path = join(folder, "x.safetensors");
  await writeSafetensors(path, tensors, { format: "pt" });
  await fuzz("safetensors", path, readFileSync(path));
});

test("damaged indexes are read or refused", async () => {
  for (const [i, tensor] of tensors.entries()) {
    await writeSafetensors(join(folder, `part-${i}.safetensors`), [tensor]);
  }
  const map = Object.fromEntries(tensors.map(({ name }, i) => [name, `part-${i}.safetensors`]));
  const index = { metadata: { total_size: 48, comment: "a place for harmless changes" }, weight_map: map };
  await fuzz("index", join(folder, "model.safetensors.index.json"), Buffer.from(JSON.stringify(index)));
});
