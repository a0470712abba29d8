import assert from "node:assert/strict";
import { test } from "node:test";
import { normal, ones, zeros } from "../nn/init.ts";
import { declare } from "../nn/scope.ts";
import type { TrainConfig } from "./config.ts";
import { groupParameters } from "./groups.ts";
import { createStore, initializeStore } from "./parameter-store.ts";

function storeOf(large: number, freeze: readonly string[] = []) {
  const { parameters } = declare((at) => [
    at.param("norm", [3], ones),
    at.param("table", [large, 5], normal(0.1)),
    at.param("bias", [7], zeros),
    at.param("tower", [2, 2], normal(0.1)),
  ]);
  const groups = groupParameters(parameters, {
    freeze,
    factors: [{ path: "tower", factor: 3 }],
  } as unknown as TrainConfig);
  return { parameters, groups, store: createStore(parameters, groups) };
}

test("views by name share memory with the flat arrays and with what is stored", () => {
  const { store } = storeOf(4);
  for (const [i, value] of [1, 2, 3].entries()) store.weights.norm![i] = value;
  const at = store.weights.norm!.byteOffset / 4;
  assert.deepEqual([...store.flat.weights.subarray(at, at + 3)], [1, 2, 3]);
  assert.equal(store.gradients.norm!.buffer, store.flat.gradients.buffer);
  assert.equal(store.gradients.norm!.byteOffset, store.weights.norm!.byteOffset);
  const model = store.model();
  assert.deepEqual(
    model.map(({ name, shape }) => [name, shape]),
    [
      ["norm", [3]],
      ["table", [4, 5]],
      ["bias", [7]],
      ["tower", [2, 2]],
    ],
  );
  assert.equal(model[0]!.data, store.weights.norm);
  const moments = store.moments();
  assert.equal(moments.length, 8);
  assert.equal(moments.find(({ name }) => name === "second.norm")!.data.buffer, store.flat.second.buffer);
});

test("no two parameters overlap, and no chunk holds parameters of two groups", () => {
  for (const large of [4, 30_000]) {
    const { store, groups } = storeOf(large);
    const { chunks, chunkLength, flat } = store;
    assert.ok(chunkLength <= 65536);
    assert.equal(flat.weights.length, chunks.length * chunkLength);
    assert.deepEqual(
      chunks.map(({ start }) => start),
      chunks.map((_, i) => i * chunkLength),
    );
    const owner = new Map<number, string>();
    for (const { factor, decay, parameters } of groups) {
      for (const { name } of parameters) {
        const { byteOffset, length } = store.weights[name]!;
        const start = byteOffset / 4;
        for (let i = start; i < start + length; i++) {
          assert.ok(!owner.has(i));
          owner.set(i, name);
        }
        const touched = chunks.filter(
          (chunk) => chunk.start < start + length && start < chunk.start + chunkLength,
        );
        assert.ok(
          touched.length > 0 && touched.every((chunk) => chunk.factor === factor && chunk.decay === decay),
        );
      }
    }
    assert.equal(owner.size, large * 5 + 14);
  }
});

test("what is frozen has weights alone, outside of the flat arrays", () => {
  const { store } = storeOf(4, ["table"]);
  assert.equal(store.gradients.table, undefined);
  assert.equal(store.weights.table!.length, 20);
  assert.notEqual(store.weights.table!.buffer, store.flat.weights.buffer);
  assert.equal(store.model().length, 4);
  assert.equal(store.moments().length, 6);
});

test("initial values are the seed's, frozen or not, and padding stays zero", () => {
  const [free, frozen] = [storeOf(4), storeOf(4, ["table"])];
  initializeStore(free.store, free.parameters, 1);
  initializeStore(frozen.store, frozen.parameters, 1);
  assert.deepEqual(free.store.weights.table, frozen.store.weights.table);
  assert.deepEqual([...free.store.weights.norm!], [1, 1, 1]);
  const all = Object.values(free.store.weights).flatMap((values) => [...values]);
  const sum = (values: Iterable<number>) => [...values].reduce((a, b) => a + Math.abs(b), 0);
  assert.ok(Math.abs(sum(free.store.flat.weights) - sum(all)) < 1e-9);
});
