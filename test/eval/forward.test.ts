import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { referenceBackend } from "#src/backends/reference/index.ts";
import { BifocalError } from "#src/core/errors.ts";
import { rng } from "#src/core/rng.ts";
import { sizeOf } from "#src/core/shape.ts";
import { forward } from "#src/eval/forward.ts";
import type { OpenedRun } from "#src/eval/open-run.ts";
import { type NamedTensor, writeSafetensors } from "#src/files/safetensors.ts";
import type { TaskConfig } from "#src/tasks/index.ts";
import { smallRun } from "./small-run.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifocal-forward-"));
});
after(() => rm(folder, { recursive: true }));

const tensor = (name: string, dtype: "f32" | "i32", ...shape: number[]): NamedTensor => {
  const random = rng("input", name);
  const length = sizeOf(shape);
  const data =
    dtype === "f32"
      ? Float32Array.from({ length }, () => random.normal())
      : Int32Array.from({ length }, () => (name === "attention_mask" ? 1 : random.integer(16)));
  return { name, dtype, shape, data };
};
const good = [
  tensor("pixel_values", "f32", 2, 3, 6, 6),
  tensor("input_ids", "i32", 2, 4),
  tensor("attention_mask", "i32", 2, 4),
];

async function run(opened: OpenedRun, inputs: readonly NamedTensor[]) {
  const path = join(folder, "inputs.safetensors");
  await writeSafetensors(path, inputs);
  const outputs = await forward(referenceBackend, opened, path);
  return Object.fromEntries(outputs.map((output) => [output.name, output]));
}
const open = (task: TaskConfig, kind: "meter" | "dual-encoder" = "meter") =>
  smallRun(folder, { kind, task, batch: 3 });

const vqa = { kind: "vqa", questionsPerImage: 2 } as const;
const itc = { weight: 1, width: 5 };

test("outputs and sizes by what the run has", async () => {
  const shapes = async (opened: OpenedRun) =>
    Object.fromEntries(Object.values(await run(opened, good)).map(({ name, shape }) => [name, shape]));
  const towers = { image_last_hidden_state: [2, 5, 6], text_last_hidden_state: [2, 4, 8] };
  const fused = { pooler_output: [2, 24], fused_words: [2, 4, 12], fused_patches: [2, 5, 12] };
  const embeds = { image_embeds: [2, 5], text_embeds: [2, 5] };
  assert.deepEqual(await shapes(await open(vqa)), { ...towers, ...fused, logits: [2, 8] });
  const pretrain = { kind: "pretrain", itc, itm: { weight: 1, negatives: "random" } } as const;
  assert.deepEqual(await shapes(await open(pretrain)), {
    ...towers,
    ...fused,
    itm_logits: [2, 2],
    ...embeds,
  });
  const dual = await open({ kind: "pretrain", itc }, "dual-encoder");
  assert.deepEqual(await shapes(dual), { ...towers, ...embeds });
});

test("what the mask leaves out changes nothing of the summary", async () => {
  const opened = await open(vqa);
  const mask = { ...good[2]!, data: Int32Array.of(1, 1, 0, 0, 1, 1, 1, 1) };
  const other = {
    ...good[1]!,
    data: Int32Array.from(good[1]!.data, (id, i) => (i === 2 ? (id + 1) % 16 : id)),
  };
  const [a, b, unmasked] = [
    await run(opened, [good[0]!, good[1]!, mask]),
    await run(opened, [good[0]!, other, mask]),
    await run(opened, [good[0]!, other, good[2]!]),
  ];
  assert.deepEqual(a.logits!.data, b.logits!.data);
  assert.notDeepEqual(a.logits!.data, unmasked.logits!.data);
});

test("wrong inputs are refused with every problem at once", async () => {
  const opened = await open(vqa);
  const message = async (inputs: readonly NamedTensor[]) => {
    let text = "";
    await assert.rejects(run(opened, inputs), (error) => {
      assert.ok(error instanceof BifocalError, String(error));
      assert.equal(error.fields.code, "data");
      text = error.message;
      return true;
    });
    return text;
  };
  const several = await message([
    tensor("pixel_values", "f32", 2, 3, 6, 5),
    tensor("input_ids", "i32", 2, 4),
    tensor("token_type_ids", "i32", 2, 4),
  ]);
  assert.match(several, /pixel_values is f32\[2, 3, 6, 5\], not f32\[2, 3, 6, 6\]/);
  assert.match(several, /attention_mask is missing/);
  assert.match(several, /token_type_ids is unknown/);
  const long = await message([
    good[0]!,
    tensor("input_ids", "i32", 2, 10),
    tensor("attention_mask", "i32", 2, 10),
  ]);
  assert.match(long, /texts of 10 tokens, the model holds 9/);
  assert.match(await message([]), /pixel_values is missing; input_ids is missing; attention_mask is missing/);
  const uneven = await message([good[0]!, good[1]!, tensor("attention_mask", "i32", 3, 4)]);
  assert.match(uneven, /attention_mask is i32\[3, 4\], not i32\[2, 4\]/);
});

test("an input of another type is refused, an id beyond the vocabulary too", async () => {
  const opened = await open(vqa);
  const floats = { ...good[1]!, dtype: "f32", data: Float32Array.from(good[1]!.data) } as const;
  await assert.rejects(
    run(opened, [good[0]!, floats, good[2]!]),
    /got input_ids is f32\[2, 4\], not i32\[2, 4\]/,
  );
  const beyond = { ...good[1]!, data: Int32Array.from(good[1]!.data).fill(16) };
  await assert.rejects(run(opened, [good[0]!, beyond, good[2]!]), BifocalError);
});
