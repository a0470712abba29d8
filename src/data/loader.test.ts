import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../core/errors.ts";
import { type Loader, openLoader } from "./loader.ts";

/** A worker that fills x with numbers of the step and takes its time for every third; `failAt` and `breakAt` are steps. */
const source = `
  import { serveBatches } from ${JSON.stringify(new URL("./batch-server.js", import.meta.url).href)};
  import { BifocalError, rng } from ${JSON.stringify(new URL("../core/index.js", import.meta.url).href)};
  serveBatches(async ({ failAt, breakAt, unprepared }) => {
    if (unprepared) throw new BifocalError({ code: "data", where: "sprites", got: "nothing" });
    return async (step, { x, y }) => {
      if (step === failAt) throw new BifocalError({ code: "data", where: "picture " + step, expected: "a", got: "b", todo: "c" });
      if (step === breakAt) throw new TypeError("broken at " + step);
      if (step % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      const random = rng("test", step);
      for (let i = 0; i < x.length; i++) x[i] = random.uniform();
      y.fill(step);
    };
  });`;
const worker = new URL(`data:text/javascript,${encodeURIComponent(source)}`);
const batch = { x: { dtype: "f32", size: 5 }, y: { dtype: "i32", size: 2 } } as const;

async function using<T>(setup: object, workers: number, first: number, body: (loader: Loader) => Promise<T>) {
  const loader = openLoader({ worker, setup, batch, workers, ahead: 2 }, first);
  try {
    return await body(loader);
  } finally {
    await loader.close();
  }
}

/** Copies of the next batches. */
async function take(loader: Loader, count: number): Promise<number[][]> {
  const batches = [];
  for (let i = 0; i < count; i++) {
    const { slot, release } = await loader.next();
    const { x, y } = loader.slots[slot]!;
    batches.push([...y!, ...x!]);
    release();
  }
  return batches;
}

test("steps come in order, the same with one worker, with two, and from the middle", async () => {
  const one = await using({}, 1, 0, (loader) => take(loader, 8));
  assert.deepEqual(
    one.map(([step]) => step),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  assert.deepEqual(await using({}, 2, 0, (loader) => take(loader, 8)), one);
  assert.deepEqual(await using({}, 1, 5, (loader) => take(loader, 3)), one.slice(5));
});

test("a batch in use is not overwritten while others are made", async () => {
  await using({}, 2, 0, async (loader) => {
    assert.equal(loader.slots.length, 3);
    const held = await loader.next();
    await take(loader, 1);
    const second = await loader.next();
    assert.deepEqual([...loader.slots[held.slot]!.y!], [0, 0]);
    assert.deepEqual([...loader.slots[second.slot]!.y!], [2, 2]);
    assert.notEqual(held.slot, second.slot);
  });
});

test("a user's error in a worker arrives as such, at its step", async () => {
  for (const workers of [1, 2]) {
    await using({ failAt: 2 }, workers, 0, async (loader) => {
      await take(loader, 2);
      await assert.rejects(loader.next(), (error) => {
        assert.ok(error instanceof BifocalError);
        const fields = { code: "data", where: "picture 2", expected: "a", got: "b", todo: "c" };
        assert.deepEqual(error.fields, fields);
        return true;
      });
    });
  }
});

test("our own error arrives with its text and the worker's stack", async () => {
  await using({ breakAt: 1 }, 1, 0, async (loader) => {
    await take(loader, 1);
    await assert.rejects(loader.next(), (error: Error) => {
      assert.ok(!(error instanceof BifocalError));
      return /TypeError: broken at 1/.test(error.message);
    });
  });
});

test("what fails while a worker prepares is told at the first batch", async () => {
  await using({ unprepared: true }, 2, 0, async (loader) => {
    await assert.rejects(loader.next(), /sprites: got nothing/);
  });
});

test("a worker that cannot start is told, not waited for", async () => {
  const broken = new URL("data:text/javascript,throw new Error('no such module')");
  const loader = openLoader({ worker: broken, setup: {}, batch, workers: 2, ahead: 1 }, 0);
  try {
    await assert.rejects(loader.next(), /no such module/);
  } finally {
    await loader.close();
  }
});
