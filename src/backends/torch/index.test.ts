import assert from "node:assert/strict";
import { test } from "node:test";
import { allocate } from "../../core/dtype.ts";
import { gradients } from "../../graph/grad.ts";
import { graphOf } from "../../graph/graph.ts";
import { apply } from "../../graph/tensor.ts";
import { allocateOutputs, evaluate } from "../backend.ts";
import { referenceBackend } from "../reference/index.ts";
import { startTorch } from "./engine.ts";
import { torchBackendOn } from "./index.ts";
import { torchMissing } from "./torch-missing.ts";

const skip = torchMissing();
const input = (name: string, ...shape: number[]) => apply("input", { name, type: { dtype: "f32", shape } });

/** Two layers with every way an argument is passed: lists, optionals, strings, words. */
function someGraph() {
  const [x, w] = [input("x", 5, 8), input("w", 8, 6)];
  const hidden = x.matmul(w, { alpha: 0.5 }).gelu("exact");
  const normal = apply("layerNorm", { epsilon: 1e-5 }, hidden, input("scale", 6), input("bias", 6));
  const loss = normal.pad([0, 1], [1, 0]).logSoftmax().slice(1, 1, 5).sumAll();
  return graphOf({ loss, dw: gradients(loss, [w])[0]! });
}

/** Resident memory without V8's heap, in MiB. */
const memory = () => (process.memoryUsage.rss() - process.memoryUsage().heapTotal) / 2 ** 20;

test("a step that runs many times leaves no handle and no memory behind", { skip }, async () => {
  const engine = startTorch({ type: "cpu", index: -1 });
  const graph = someGraph();
  const leaves = Object.fromEntries(
    Object.entries(graph.inputs).map(([name, { dtype, shape }]) => [
      name,
      allocate(
        dtype,
        shape.reduce((a, b) => a * b),
      ).fill(0.5),
    ]),
  );
  const bound = (await torchBackendOn(engine).compile(graph)).bind(leaves, allocateOutputs(graph));
  for (let i = 0; i < 300; i++) await bound.run();
  const handles = engine.live();
  const grown: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = memory();
    for (let i = 0; i < 2000; i++) await bound.run();
    grown.push(memory() - before);
  }
  assert.equal(engine.live(), handles);
  // A run makes some 40 calls: one lost object of 64 bytes in each would be 5 MiB every time; V8 compiling is so much once.
  assert.ok(Math.min(...grown) < 4, `${grown.join(", ")} MiB more`);
});

for (const sharesMemory of [true, false]) {
  const where = sharesMemory ? "over arrays" : "on a device";
  test(`later runs make views as the first has seen them, of any leaves (${where})`, { skip }, async () => {
    const engine = startTorch({ type: "cpu", index: -1 }, sharesMemory);
    let calls = 0;
    const call: typeof engine.call = (...given) => {
      calls++;
      return engine.call(...given);
    };
    const x = input("x", 2, 6);
    const y = x.exp();
    const copied = y.reshape([3, 4]).transpose([1, 0]).reshape([2, 6]);
    const part = y.transpose([1, 0]).slice(0, 1, 3).unsqueeze(0).expand([2, 2, 2]);
    const ofLeaf = x.reshape([3, 4]).transpose([1, 0]).reshape([12]).slice(0, 2, 7);
    const graph = graphOf({ copied: copied.mul(copied), part: part.mul(2), ofLeaf: ofLeaf.mul(3) });
    const backend = torchBackendOn({ ...engine, call });
    const executable = await backend.compile(graph);
    // Leaves of one store, at two places of it.
    const store = allocate("f32", 24) as Float32Array;
    const place = backend.device?.keep(store);
    const bindings = [store.subarray(0, 12), store.subarray(12)].map((leaf) => {
      const outputs = allocateOutputs(graph);
      return { leaf, outputs, bound: executable.bind({ x: leaf }, outputs) };
    });
    const counts: number[] = [];
    for (let round = 0; round < 3; round++) {
      store.set(Float32Array.from({ length: 24 }, (_, i) => Math.sin(round + i)));
      place?.send();
      for (const { leaf, outputs, bound } of bindings) {
        calls = 0;
        await bound.run();
        counts.push(calls);
        for (const [name, expected] of Object.entries(await evaluate(referenceBackend, graph, { x: leaf })))
          for (const [i, value] of expected.entries()) assert.ok(Math.abs(outputs[name]![i]! - value) < 1e-5);
      }
    }
    const [first, ...later] = counts;
    assert.ok(
      later.every((count) => count < first!),
      `${counts} calls`,
    );
  });
}

test("a failure names op and module, and frees what was made before it", { skip }, async () => {
  const engine = startTorch({ type: "cpu", index: -1 });
  const ids = apply("input", { name: "ids", type: { dtype: "i32", shape: [2] } });
  const graph = graphOf({ rows: input("table", 3, 2).exp().gather(ids) });
  const leaves = { table: new Float32Array(6), ids: Int32Array.of(1, 7) };
  const executable = await torchBackendOn(engine).compile(graph);
  const bound = executable.bind(leaves, allocateOutputs(graph));
  const handles = engine.live();
  await assert.rejects(bound.run(), /torch, aten::index_select: got .*out of range/);
  assert.ok(engine.live() <= handles);
  leaves.ids.set([2, 0]);
  await bound.run();
});

test("an output may lie over a leaf: it is written when the leaf has been read", { skip }, async () => {
  const backend = torchBackendOn(startTorch({ type: "cpu", index: -1 }));
  const [a, b] = [input("a", 3), input("b", 3)];
  const graph = graphOf({ a: b.mul(2), b: a.add(b) });
  const [first, second] = [Float32Array.of(1, 2, 3), Float32Array.of(10, 20, 30)];
  await (await backend.compile(graph)).bind({ a: first, b: second }, { a: first, b: second }).run();
  assert.deepEqual([...first, ...second], [20, 40, 60, 11, 22, 33]);
});

test("two runs of one binding do not meet", { skip }, async () => {
  const backend = torchBackendOn(startTorch({ type: "cpu", index: -1 }));
  const graph = graphOf({ y: input("x", 2).exp() });
  const bound = (await backend.compile(graph)).bind({ x: new Float32Array(2) }, allocateOutputs(graph));
  const running = bound.run();
  await Promise.all([running, assert.rejects(bound.run(), /one run at a time/)]);
  const { y } = await evaluate(backend, graph, { x: new Float32Array(2) });
  assert.deepEqual([...y!], [1, 1]);
});
