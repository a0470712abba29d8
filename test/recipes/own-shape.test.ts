/** The published ViLT on pictures of all shapes, at reduced size: it trains, is evaluated and explains itself. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { defaultBackend } from "#src/backends/default.ts";
import { evaluateExactly } from "#src/backends/reference/finite-differences.ts";
import { allocate } from "#src/core/dtype.ts";
import { rng } from "#src/core/rng.ts";
import { sizeOf } from "#src/core/shape.ts";
import { storedImage } from "#src/datasets/dataset-folder.ts";
import { encodePairs, openPretrained } from "#src/eval/encode-pairs.ts";
import { explain } from "#src/eval/explain.ts";
import { explanationPage } from "#src/eval/explanation-page.ts";
import { evaluateFlow } from "#src/eval/flow.ts";
import { withData } from "#src/eval/open-run.ts";
import { openPairPredictor } from "#src/eval/pair-predictor.ts";
import { predict } from "#src/eval/predict.ts";
import { openReranker } from "#src/eval/rerank.ts";
import { readJsonl } from "#src/files/jsonl.ts";
import { graphOf } from "#src/graph/graph.ts";
import { apply, type Tensor } from "#src/graph/tensor.ts";
import { initialize } from "#src/nn/scope.ts";
import { configOf } from "#src/recipes/recipe.ts";
import { runSchema } from "#src/recipes/schema.ts";
import { validate } from "#src/recipes/validate.ts";
import { vilt } from "#src/recipes/vilt.ts";
import { batchPlan } from "#src/tasks/index.ts";
import { assemble, sizesOf } from "#src/train/assemble.ts";
import { openTiny, trainTiny } from "../datasets/tiny-run.ts";
import { reduced } from "./reduced.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-shapes-"));
after(() => rmSync(folder, { recursive: true }));

/** [height, width]: on canvases of 6 x 6 patches of 4 pixels these are 4 x 5, 5 x 4, 4 x 4, 2 x 6 and 6 x 3. */
const shapes = [[48, 64], [64, 48], [30, 30], [20, 50], [96, 48]] as const; // biome-ignore format: a table
const names = shapes.flatMap((shape, i) => [0, 1].map((k) => [`${k}${i}.png`, shape] as const));

before(async () => {
  for (const [i, [name, [height, width]]] of names.entries()) {
    const draw = rng("picture", i);
    const raw = Uint8Array.from({ length: height * width * 3 }, (_, at) => draw.integer(120) + (at % 3) * 60);
    await sharp(raw, { raw: { height, width, channels: 3 } })
      .png()
      .toFile(join(folder, name));
  }
  const words = ["one wide hill", "a tall tree", "two square boxes", "some long road", "three towers"];
  const rows = names.map(([name], i) => `${name},${words[i % 5]} by the sea`);
  writeFileSync(join(folder, "train.csv"), ["path,caption", ...rows.slice(0, 6), ""].join("\n"));
  writeFileSync(join(folder, "val.csv"), ["path,caption", ...rows.slice(6), ""].join("\n"));
});

const transform = { fit: { kind: "own-shape", divisor: 4 }, filter: "bicubic" } as const;
const splits = { train: "train.csv", val: "val.csv" };
const data = { kind: "files", name: "csv", root: folder, splits, transform };
const { name: _, ...small } = reduced(configOf(vilt));
const mpp = { weight: 1, rate: 0.5 };

const configWith = (task: object) => validate(runSchema, { name: "shapes", ...small, data, task }, "vilt");

test("three steps of all objectives, and again from the first to the bit", async () => {
  const config = configWith({ ...vilt.task, mpp });
  const { canvas } = sizesOf(config, 0);
  assert.deepEqual(canvas, { side: 24, mostPatches: 24 });
  const outs = [join(folder, "whole"), join(folder, "again")] as const;
  const { finished, best } = await trainTiny(config, outs[0]);
  assert.ok(finished && Number.isFinite(best?.value));
  const { records } = await readJsonl(join(outs[0], "metrics.jsonl"));
  for (const objective of ["mlm", "itm", "wpa", "mpp"]) {
    const losses = records.flatMap((record) => record[`train/${objective}/loss`] ?? []);
    assert.ok(losses.length > 0 && losses.every((loss) => Number.isFinite(loss)), objective);
  }
  await trainTiny(config, outs[1], 2);
  await trainTiny(config, outs[1], undefined, true);
  const [whole, again] = outs.map((out) => readFileSync(join(out, "model.safetensors")));
  assert.ok(whole!.equals(again!));

  const run = await openTiny(config, outs[0]);
  const { page, grids } = await explained(run);
  assert.deepEqual(grids, [
    [{ rows: 4, columns: 5 }, 20],
    [{ rows: 5, columns: 4 }, 20],
    [{ rows: 4, columns: 4 }, 16],
    [{ rows: 2, columns: 6 }, 12],
    [{ rows: 6, columns: 3 }, 18],
  ]);
  assert.match(page, /16 on the shorter side/);
  const flow = await evaluateFlow(defaultBackend, await withData(run, ["val"]), "val", 4);
  assert.ok(flow.total.mean > 0 && flow.total.mean < 1);
});

async function explained(run: Awaited<ReturnType<typeof openTiny>>) {
  const paths = shapes.map((_, i) => join(folder, `0${i}.png`));
  const found = await explain(defaultBackend, run, paths, ["a tall tree"]);
  const grids = found.map(({ grid, words }) => [grid, words[1]!.weights.length]);
  for (const { words } of found) {
    const whole = words[1]!.weights.reduce((sum, weight) => sum + weight, 0);
    assert.ok(Math.abs(whole - 1 / 3) < 1e-3, `${whole} of the plan on the picture`); // one of three words
  }
  const said = found.map(({ image, text }) => ({ image, text, match: 0.5 }));
  return { page: await explanationPage(run, found, said), grids };
}

test("what stands in the padding changes no objective", async () => {
  const config = configWith({ ...vilt.task, mpp });
  const out = join(folder, "whole");
  const { source } = await withData(await openTiny(config, out), ["train"]);
  const sizes = sizesOf(config, 0);
  const { task, parameters } = assemble(config, sizes);
  const { types, fill } = batchPlan(config.task, sizes);
  const arrays = Object.fromEntries(
    Object.entries(types).map(([name, { dtype, shape }]) => [name, allocate(dtype, sizeOf(shape))]),
  );
  await fill(source, { split: "train", indices: [0, 1, 3, 4], first: 0, key: 3, training: true }, arrays);
  const inputs = Object.entries(types).map(([name, type]) => [name, apply("input", { name, type })] as const);
  const { loss, metrics } = task.loss(Object.fromEntries(inputs));
  const graph = graphOf({ loss, ...metrics });
  const weights = Object.fromEntries(
    parameters.map((parameter) => {
      const values = new Float32Array(sizeOf(parameter.shape));
      initialize(parameter, 1, values);
      return [parameter.name, values];
    }),
  );
  const before = await evaluateExactly(graph, { ...weights, ...arrays });
  const draw = rng("padding");
  const image = (arrays.image as Uint8Array).map((level, i, all) =>
    all[i - (i % 4) + 3] !== 0 || i % 4 === 3 ? level : draw.integer(256),
  );
  const after = await evaluateExactly(graph, { ...weights, ...arrays, image });
  for (const [name, values] of Object.entries(before)) {
    assert.ok(Math.abs(values[0]! - after[name]![0]!) < 1e-9, `${name}: ${values[0]}, ${after[name]![0]}`);
  }
});

test("pictures encoded apart match their texts as read together, alone on the canvas or not", async () => {
  const config = configWith({ kind: "retrieval", by: "match", width: 6 });
  const out = join(folder, "retrieval");
  await trainTiny(config, out);
  const run = await withData(await openTiny(config, out), ["val"]);
  const opened = await openPretrained(run);
  const pairs = await encodePairs(defaultBackend, run, opened, "val", 4, 1);
  assert.deepEqual(pairs.states["image.keep"]!.shape, [25]);
  const match = (logits: Tensor) => logits.softmax().at(1, 1);
  const gallery = {
    scores: new Float32Array(16),
    images: 4,
    imageOf: pairs.imageOf,
    firstImage: 0,
    firstText: 0,
  };
  const rerank = await openReranker(defaultBackend, opened, pairs, 4, match);
  const apart = await rerank(gallery, 16);
  pairs.close();
  const predictor = await openPairPredictor(defaultBackend, run, { batch: 3, tooLong: "error" });
  const val = names.slice(6).map(([name]) => storedImage(folder, name, name));
  const together = await predict(predictor, val, pairs.captions);
  together.forEach(({ match }, i) => {
    assert.ok(Math.abs(match! - apart[i]!) < 1e-5, `pair ${i}: ${match} together, ${apart[i]} apart`);
  });
});
