/** Pictures alone, texts alone, pairs: what each stage takes over, and what it leaves as it is to the bit. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSafetensors } from "#src/files/safetensors.ts";
import { vlmoBaseStages } from "#src/recipes/vlmo-base-stages.ts";
import { isUnder } from "#src/train/freeze.ts";
import { bifocal } from "./bifocal.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-vlmo-stages-"));
test.after(() => rmSync(folder, { recursive: true }));

const small = [
  "train.batch=4",
  "model.image.width=16",
  "model.image.hidden=24",
  "model.image.depth=3",
  "model.text.width=16",
  "model.jointFrom=2",
  "stages.2.task.itc.width=8",
  "train.validation={every: 5, batches: 1}",
  "train.checkpoint={every: 5, keep: 2}",
];

async function weightsOf(stage: number): Promise<Map<string, string>> {
  const file = await openSafetensors(join(folder, "run", `stage-${stage}`, "model.safetensors"));
  try {
    const names = [...file.tensors.keys()];
    const values = await Promise.all(names.map((name) => file.read(name)));
    return new Map(names.map((name, i) => [name, Buffer.from(values[i]!.buffer).toString("base64")]));
  } finally {
    await file.close();
  }
}

test("each stage trains its own part, on weights of the one before, and touches nothing else", async () => {
  const words = ["train", "vlmo-tiny-stages", ...small, "--steps", "3", "--out", join(folder, "run")];
  const { code, stderr } = await bifocal(...words).ended;
  assert.equal(code, 0, stderr);
  const taken = "model\\.image, model\\.text, model\\.kinds, model\\.joint, model\\.pooler";
  assert.match(stderr, new RegExp(`^from .*stage-1: ${taken}; new: heads\\.mlm$`, "m"));
  // Masked words are read with the picture from here on, by the same head.
  assert.match(stderr, new RegExp(`^from .*stage-2: ${taken}, heads\\.mlm; new: heads\\.itm,`, "m"));

  const [pictures, texts, pairs] = await Promise.all([1, 2, 3].map(weightsOf));
  const changed = (before: Map<string, string>, after: Map<string, string>) =>
    [...before].flatMap(([name, bytes]) =>
      name.startsWith("model.") && after.get(name) !== bytes ? [name] : [],
    );
  const learnt = changed(pictures!, texts!);
  const ofWords = ["model.text", "model.kinds", "model.image.norm"];
  const all = [...pictures!.keys()].filter((name) => name.startsWith("model."));
  assert.deepEqual(
    learnt.sort(),
    all.filter((name) => ofWords.some((path) => isUnder(name, path)) && !name.endsWith(".key.bias")).sort(),
  );
  const later = changed(texts!, pairs!);
  assert.deepEqual(
    all.filter((name) => !later.includes(name) && !name.endsWith(".key.bias")),
    // Contrast reads the upper blocks by the joint expert too: all that a batch of four reaches has moved.
    [],
  );
});

test("the published stages are of one model, and what they freeze is there", async () => {
  const { code, stdout, stderr } = await bifocal("plan", "vlmo-base-stages", "--json").ended;
  assert.equal(code, 0, stderr);
  const { stages } = JSON.parse(stdout) as {
    stages: { recipe: string; parameters: { withoutHeads: number; trainable: number } }[];
  };
  assert.deepEqual(
    stages.map(({ recipe }) => recipe),
    vlmoBaseStages.stages.map((stage) => (stage as { name: string }).name),
  );
  assert.equal(new Set(stages.map(({ parameters }) => parameters.withoutHeads)).size, 1);
  const [ofPictures, ofTexts, ofPairs] = stages.map(({ parameters }) => parameters.trainable / 1e6);
  // Attention and the patches' experts; the words' vectors, experts and head; all.
  assert.ok(ofPictures! < 95 && ofTexts! < 110 && ofPairs! > 175, `${ofPictures}, ${ofTexts}, ${ofPairs}`);
});
