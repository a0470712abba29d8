import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Backend, evaluate } from "#src/backends/backend.ts";
import { gradients } from "#src/graph/grad.ts";
import { graphOf } from "#src/graph/graph.ts";
import { apply, applyAll, concat, constant, full } from "#src/graph/tensor.ts";

const f32 = (...shape: number[]) => ({ dtype: "f32", shape }) as const;

/** Registers tests of what `Backend` promises beside the ops themselves. */
export function contract(backend: Backend): void {
  describe(`${backend.name} keeps the contract`, () => {
    void test("runs read the leaves and write the outputs in place, every time", async () => {
      const x = apply("input", { name: "x", type: f32(3) });
      const scale = apply("parameter", { name: "scale", type: f32() });
      const executable = await backend.compile(graphOf({ y: x.mul(scale) }));
      const leaves = { x: new Float32Array([1, 2, 3]), scale: new Float32Array([2]) };
      const y = new Float32Array(3);
      const bound = executable.bind(leaves, { y });
      await bound.run();
      assert.deepEqual([...y], [2, 4, 6]);
      leaves.x.set([5, 6, 7]);
      leaves.scale[0] = -1;
      await bound.run();
      assert.deepEqual([...y], [-5, -6, -7]);
    });

    void test("an output may be the array of an input", async () => {
      const x = apply("parameter", { name: "x", type: f32(4) });
      const step = apply("input", { name: "step", type: f32(4) });
      const executable = await backend.compile(graphOf({ next: x.sub(step.mul(0.5)) }));
      const memory = new Float32Array([1, 2, 3, 4]);
      const bound = executable.bind({ x: memory, step: new Float32Array([2, 2, 4, 4]) }, { next: memory });
      await bound.run();
      await bound.run();
      assert.deepEqual([...memory], [-1, 0, -1, 0]);
    });

    void test("one executable binds to several memories", async () => {
      const executable = await backend.compile(
        graphOf({ y: apply("input", { name: "x", type: f32(2) }).neg() }),
      );
      const [first, second] = [new Float32Array(2), new Float32Array(2)];
      const one = executable.bind({ x: new Float32Array([1, 2]) }, { y: first });
      const two = executable.bind({ x: new Float32Array([3, 4]) }, { y: second });
      await two.run();
      await one.run();
      assert.deepEqual([...first, ...second], [-1, -2, -3, -4]);
    });

    void test("outputs may be leaves, constants, the same tensor twice, and scalars", async () => {
      const x = apply("input", { name: "x", type: f32(2, 1) });
      const sum = x.sumAll();
      const graph = graphOf({
        x,
        sum,
        again: sum,
        ids: constant("i32", [3], [4, -5, 6]),
        keep: constant("bool", [2], [1, 0]),
        bytes: constant("u8", [2], [255, 1]),
        ones: full(1, "f32", [2, 2]),
      });
      const got = await evaluate(backend, graph, { x: new Float32Array([1.5, 2]) });
      assert.deepEqual(Object.fromEntries(Object.entries(got).map(([name, array]) => [name, [...array]])), {
        x: [1.5, 2],
        sum: [3.5],
        again: [3.5],
        ids: [4, -5, 6],
        keep: [1, 0],
        bytes: [255, 1],
        ones: [1, 1, 1, 1],
      });
    });

    void test("leaves of every dtype are read as what they are", async () => {
      const ids = apply("input", { name: "ids", type: { dtype: "i32", shape: [2] } });
      const keep = apply("input", { name: "keep", type: { dtype: "bool", shape: [2] } });
      const pixels = apply("input", { name: "pixels", type: { dtype: "u8", shape: [2] } });
      const graph = graphOf({
        all: concat([ids.cast("f32"), keep.cast("f32"), pixels.cast("f32")], 0),
        kept: keep.where(ids, -1),
        dropped: keep.not(),
      });
      const got = await evaluate(backend, graph, {
        ids: new Int32Array([-7, 9]),
        keep: new Uint8Array([0, 1]),
        pixels: new Uint8Array([200, 3]),
      });
      assert.deepEqual([...got.all!], [-7, 9, 0, 1, 200, 3]);
      assert.deepEqual([...got.kept!], [-1, 9]);
      assert.deepEqual([...got.dropped!], [1, 0]);
    });

    void test("equal values keep their order in topK, and argmax takes the first", async () => {
      const x = apply("input", { name: "x", type: f32(2, 5) });
      const { values, indices } = x.topK(4);
      const graph = graphOf({ values, indices, best: x.argmax() });
      const got = await evaluate(backend, graph, { x: new Float32Array([1, 3, 3, 0, 3, 2, 1, 1, 2, 0]) });
      assert.deepEqual([...got.values!], [3, 3, 3, 1, 2, 2, 1, 1]);
      assert.deepEqual([...got.indices!], [1, 2, 4, 0, 0, 3, 1, 2]);
      assert.deepEqual([...got.best!], [1, 0]);
    });

    void test("of equal values in a window the first counts, and padding never does", async () => {
      const x = apply("input", { name: "x", type: f32(1, 1, 2, 4) });
      const [values, indices] = applyAll("maxPool2d", { size: 2, stride: 2, padding: 1 }, [x]);
      const pairs = apply("maxPool2d", { size: 2, stride: 2, padding: 0 }, x);
      const graph = graphOf({ values: values!, indices: indices!, dx: gradients(pairs.sumAll(), [x])[0]! });
      const got = await evaluate(backend, graph, { x: new Float32Array([-3, -1, -1, -2, -1, -1, -1, 0]) });
      assert.deepEqual([...got.values!], [-3, -1, -2, -1, -1, 0]);
      assert.deepEqual([...got.indices!], [0, 1, 3, 4, 5, 7]);
      assert.deepEqual([...got.dx!], [0, 1, 0, 0, 0, 0, 0, 1]);
    });

    void test("what is kept on the device is read and written there, by views too", async () => {
      const [flat, y] = [new Float32Array([1, 2, 3, 4, 5]), new Float32Array(2)];
      const kept = backend.device?.keep(flat);
      const x = apply("input", { name: "x", type: f32(2) });
      const executable = await backend.compile(graphOf({ y: x.mul(10), x: x.add(1) }));
      const view = flat.subarray(2, 4);
      const bound = executable.bind({ x: view }, { y, x: view });
      await bound.run();
      await bound.run();
      assert.deepEqual([...y], [40, 50]);
      if (kept !== undefined) assert.deepEqual([...flat], [1, 2, 3, 4, 5]);
      kept?.fetch();
      assert.deepEqual([...flat], [1, 2, 5, 6, 5]);
      flat.set([7, 8], 2);
      kept?.send();
      await bound.run();
      assert.deepEqual([...y], [70, 80]);
    });

    void test("arrays that are missing, unknown or of the wrong length are refused", async () => {
      const executable = await backend.compile(
        graphOf({ loss: apply("input", { name: "image", type: f32(2) }).sumAll() }),
      );
      const [image, loss] = [new Float32Array(2), new Float32Array(1)];
      assert.throws(
        () => executable.bind({}, { loss }),
        /leaf image: expected 2 elements of f32, got nothing/,
      );
      assert.throws(() => executable.bind({ image: new Float32Array(3) }, { loss }), /got 3 elements/);
      assert.throws(() => executable.bind({ image, imgae: image }, { loss }), /imgae.*did you mean image/);
      assert.throws(() => executable.bind({ image }, {}), /output loss/);
    });
  });
}
