import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { referenceBackend } from "#src/backends/reference/index.ts";
import { type EncodedPairs, encodePairs, openPretrained, type Pretrained } from "#src/eval/encode-pairs.ts";
import { foldsOf, wholeGallery } from "#src/eval/gallery.ts";
import { openReranker } from "#src/eval/rerank.ts";
import { evaluateRetrieval } from "#src/eval/retrieval.ts";
import type { Tensor } from "#src/graph/tensor.ts";
import { concat } from "#src/graph/tensor.ts";
import type { ImageState, TextState } from "#src/models/contracts.ts";
import { smallRun } from "./small-run.ts";

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "bifocal-retrieval-"));
});
after(() => rm(folder, { recursive: true }));

const task = { kind: "pretrain", itc: { weight: 1, width: 5 } } as const;
const n = 5;

test("rows do not depend on how pairs fall into batches, though the last one is short", async () => {
  const states = [];
  for (const batch of [5, 2]) {
    const run = await smallRun(folder, { kind: "dual-encoder", task, batch });
    const { close, ...pairs } = await encodePairs(
      referenceBackend,
      run,
      await openPretrained(run),
      "val",
      n,
      1,
    );
    states.push(pairs);
    close();
  }
  assert.deepEqual(states[0], states[1]);
  for (let i = 0; i < n; i++) {
    const squares = states[0]!.image.subarray(i * 5, (i + 1) * 5).reduce((a, b) => a + b * b, 0);
    assert.ok(Math.abs(squares - 1) < 1e-6);
  }
});

test("recalls are those of a plain sort of the scores, in both directions", async () => {
  const run = await smallRun(folder, { kind: "dual-encoder", task, batch: 2 });
  const pretrained = await openPretrained(run);
  const { image, text } = await encodePairs(referenceBackend, run, pretrained, "val", n, 1);
  const scale = Math.min(100, Math.exp(pretrained.weights["heads.itc.logScale"]![0]!));
  const result = await evaluateRetrieval(referenceBackend, run, "val", n, { shortlist: 2 });
  assert.equal(result.reranked, undefined);
  assert.equal(result.chance, 1 / n);
  assert.deepEqual(result.captions, ["one dots", "two dots", "three dots", "four dots", "five dots"]);
  const score = (i: number, t: number) => {
    let dot = 0;
    for (let k = 0; k < 5; k++) dot += image[i * 5 + k]! * text[t * 5 + k]!;
    return scale * dot;
  };
  const all = Array.from({ length: n }, (_, i) => i);
  for (const i of all)
    for (const t of all) assert.ok(Math.abs(result.scores[i * n + t]! - score(i, t)) < 1e-5 * scale);
  const share = (hits: readonly boolean[]) => hits.filter(Boolean).length / n;
  const within = (k: number, of: (i: number, t: number) => number) =>
    share(
      all.map((i) =>
        all
          .toSorted((a, b) => of(i, b) - of(i, a))
          .slice(0, k)
          .includes(i),
      ),
    );
  const { i2t, t2i } = result.dual!;
  assert.equal(i2t.r1, within(1, score));
  assert.equal(
    t2i.r1,
    within(1, (t, i) => score(i, t)),
  );
  assert.deepEqual([i2t.r5, t2i.r5, i2t.r10], [1, 1, 1]);
});

test("folds are searched for themselves, and their recalls averaged", async () => {
  const run = await smallRun(folder, { kind: "dual-encoder", task, batch: 4 });
  const size = 6;
  const result = await evaluateRetrieval(referenceBackend, run, "val", size, { shortlist: 2, folds: 3 });
  const whole = wholeGallery(result.scores, result.imageOf, size);
  const { count, pictures, dual, reranked } = result.folds!;
  assert.deepEqual([count, pictures, reranked], [3, 2, undefined]);
  let [hits, found] = [0, 0];
  for (const first of [0, 2, 4]) {
    const score = (i: number, t: number) => result.scores[(first + i) * size + first + t]!;
    for (const own of [0, 1]) {
      if (score(own, own) > score(own, 1 - own)) hits++;
      if (score(own, own) > score(1 - own, own)) found++;
    }
  }
  assert.deepEqual([dual!.i2t.r1, dual!.t2i.r1, dual!.i2t.r5], [hits / size, found / size, 1]);
  assert.ok(Math.abs(dual!.recallSum - (hits + found) / size - 4) < 1e-12);
  assert.deepEqual(
    foldsOf({ ...whole, imageOf: [0, 1, 2, 2, 3, 4, 5] }, 2).map(({ imageOf, firstText }) => [
      imageOf,
      firstText,
    ]),
    [
      [[0, 1, 2, 2], 0],
      [[0, 1, 2], 4],
    ],
  );
  await assert.rejects(
    evaluateRetrieval(referenceBackend, run, "val", 5, { shortlist: 2, folds: 3 }),
    /--folds: expected a number of pictures that 3 folds share equally, got 5/,
  );
});

test("a fold's pairs are scored as those of all are", async () => {
  const size = 4;
  const { encoded, pretrained } = constructed(size);
  const scores = Float32Array.of(1, 4, 6, 2, 9, 3, 5, 1, 2, 0, 8, 4, 3, 1, 2, 7);
  const gallery = wholeGallery(scores, encoded.imageOf, size);
  const rerank = await openReranker(referenceBackend, pretrained, encoded, 3, match);
  const all = await rerank(gallery, size);
  const [first, second] = foldsOf(gallery, 2);
  for (const [fold, from] of [[first!, 0] as const, [second!, 10] as const]) {
    const own = await rerank(fold, size);
    assert.deepEqual(
      [...own],
      [0, 1, 4, 5].map((at) => all[from + at]!),
    );
  }
});

const match = (logits: Tensor) => logits.logSoftmax().at(1, 1);

/** A fusion that says how much caption t fits picture i: 10 (i + 1) + t + 1, through states of one number. */
function constructed(size: number) {
  const rows = (value: (row: number) => number) => ({
    read: (row: number, into: Float32Array) => into.fill(value(row)),
  });
  const encoded: Omit<EncodedPairs, "close"> = {
    n: size,
    captions: [],
    imageOf: Array.from({ length: size }, (_, i) => i),
    keep: new Uint8Array(size).fill(1),
    image: new Float32Array(),
    text: new Float32Array(),
    states: {
      "image.pooled": { shape: [1], rows: rows((i) => 10 * (i + 1)) },
      "image.patches": { shape: [3, 2], rows: undefined },
      "text.pooled": { shape: [1], rows: rows((t) => t + 1) },
    },
  };
  const fuse = (image: ImageState, text: TextState) => ({ pooled: image.pooled.add(text.pooled) });
  // Far below zero the log-probability of column 1 is the logit's difference: - pooled / 1000 - 20.
  const logits = ({ pooled }: { pooled: Tensor }) => concat([pooled.mul(1 / 1000).add(20), pooled.mul(0)], 1);
  const model = { widths: { image: 1, text: 1 }, fuse };
  const pretrained = { model, matching: { logits }, weights: {} } as unknown as Pretrained;
  return { encoded, pretrained };
}

test("the fusion's score is added for the shortlists of pictures and captions; the rest keeps its order behind", async () => {
  const size = 4;
  const { encoded, pretrained } = constructed(size);
  // Best of row 0..3: 2, 0, 2, 3. Best of column 0..3: 1, 0, 2, 3.
  const scores = Float32Array.of(1, 4, 6, 2, 9, 3, 5, 1, 2, 0, 8, 4, 3, 1, 2, 7);
  const seen = [1, 2, 4, 10, 15];
  for (const batch of [1, 2, 3, 16]) {
    const rerank = await openReranker(referenceBackend, pretrained, encoded, batch, match);
    const reranked = await rerank(wholeGallery(scores, encoded.imageOf, size), 1);
    for (const pair of seen) {
      const fit = 10 * (Math.floor(pair / size) + 1) + (pair % size) + 1;
      const expected = scores[pair]! - 20 - fit / 1000;
      assert.ok(Math.abs(reranked[pair]! - expected) < 1e-4, `pair ${pair}: ${reranked[pair]}`);
    }
    const unseen = [...scores.keys()].filter((pair) => !seen.includes(pair));
    const order = (by: Float32Array) => unseen.toSorted((a, b) => by[b]! - by[a]! || a - b);
    assert.deepEqual(order(reranked), order(scores));
    assert.ok(Math.max(...unseen.map((p) => reranked[p]!)) < Math.min(...seen.map((p) => reranked[p]!)));
  }
  const rerank = await openReranker(referenceBackend, pretrained, encoded, 3, match);
  const whole = await rerank(wholeGallery(scores, encoded.imageOf, size), 100);
  assert.ok(whole.every((score) => score > -100));
});

test("unseen pairs keep even close scores apart", async () => {
  const { encoded, pretrained } = constructed(3);
  const scores = Float32Array.of(14.2, 2.241, 2.242, 2.243, 14.2, 2.244, 2.245, 2.246, 14.2);
  const rerank = await openReranker(referenceBackend, pretrained, encoded, 2, match);
  const reranked = await rerank(wholeGallery(scores, encoded.imageOf, 3), 1);
  const unseen = [1, 2, 3, 5, 6, 7];
  assert.deepEqual(
    unseen.toSorted((a, b) => reranked[a]! - reranked[b]!),
    unseen,
  );
  assert.equal(new Set(unseen.map((pair) => reranked[pair])).size, unseen.length);
});

test("a run without a contrast is refused", async () => {
  const run = await smallRun(folder, {
    kind: "meter",
    task: { kind: "vqa", questionsPerImage: 2 },
    batch: 2,
  });
  await assert.rejects(
    openPretrained(run),
    /small: expected a run pretrained with itc or trained for retrieval, got task vqa/,
  );
});
