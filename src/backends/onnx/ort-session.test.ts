import assert from "node:assert/strict";
import { test } from "node:test";
import { BifocalError } from "../../core/errors.ts";
import { createBindingSession } from "./binding-session.ts";
import { createOrtSession } from "./ort-session.ts";
import {
  encodeModel,
  type OnnxDtype,
  type OnnxModel,
  type OnnxNode,
  type OnnxValue,
  onnxArrayOf,
} from "./proto.ts";
import type { CreateSession } from "./session.ts";

const value = (name: string, dtype: OnnxDtype, ...shape: number[]): OnnxValue => ({ name, dtype, shape });

function model(nodes: OnnxNode[], inputs: OnnxValue[], outputs: OnnxValue[]): OnnxModel {
  return { nodes, inputs, outputs, initializers: [] };
}

const linear: OnnxModel = {
  nodes: [
    { op: "MatMul", inputs: ["x", "w"], outputs: ["product"] },
    { op: "Add", inputs: ["product", "b"], outputs: ["y"] },
  ],
  inputs: [value("x", "f32", 2, 3), value("w", "f32", 3, 2)],
  outputs: [value("y", "f32", 2, 2)],
  initializers: [{ name: "b", dtype: "f32", shape: [2], data: Float32Array.of(10, 20) }],
};
const decay = model(
  [{ op: "Mul", inputs: ["w", "factor"], outputs: ["next"] }],
  [value("w", "f32", 5), value("factor", "f32")],
  [value("next", "f32", 5)],
);

/** What both ways to ONNX Runtime must do. */
const cases: Record<string, (open: (m: OnnxModel) => ReturnType<CreateSession>) => Promise<void>> = {
  "runs a MatMul and an Add, with new numbers in the same arrays each time": async (open) => {
    const x = Float32Array.of(1, 2, 3, 4, 5, 6);
    const w = Float32Array.of(1, 0, 0, 1, 1, 1);
    const y = new Float32Array(4);
    const binding = (await open(linear)).bind({ x, w }, { y });
    await binding.run();
    assert.deepEqual([...y], [14, 25, 20, 31]);
    x[0] = 2;
    await binding.run();
    assert.deepEqual([...y], [15, 25, 20, 31]);
  },
  "writes an output over the input it comes from": async (open) => {
    const w = Float32Array.of(1, 2, 3, 4, 5);
    const binding = (await open(decay)).bind({ w, factor: Float32Array.of(2) }, { next: w });
    await binding.run();
    await binding.run();
    assert.deepEqual([...w], [4, 8, 12, 16, 20]);
  },
  "takes shared memory and views that start inside a buffer": async (open) => {
    const shared = new SharedArrayBuffer(64);
    const w = new Float32Array(shared, 8, 5).fill(3);
    const next = new Float32Array(shared, 32, 5);
    await (await open(decay)).bind({ w, factor: Float32Array.of(0.5) }, { next }).run();
    assert.deepEqual([...next], [1.5, 1.5, 1.5, 1.5, 1.5]);
    assert.equal(new Float32Array(shared)[13], 0);
  },
  "passes every dtype through": async (open) => {
    const dtypes: OnnxDtype[] = ["f32", "f64", "i32", "i64", "u32", "u8", "bool"];
    const identity = model(
      dtypes.map((d) => ({ op: "Identity", inputs: [d], outputs: [`${d} out`] })),
      dtypes.map((d) => value(d, d, 2)),
      dtypes.map((d) => value(`${d} out`, d, 2)),
    );
    const inputs = {
      f32: Float32Array.of(1.5, -2),
      f64: Float64Array.of(1e300, -2),
      i32: Int32Array.of(7, -8),
      i64: BigInt64Array.of(2n ** 60n, -8n),
      u32: Uint32Array.of(7, 4294967295),
      u8: Uint8Array.of(7, 255),
      bool: Uint8Array.of(0, 1),
    };
    const outputs = Object.fromEntries(dtypes.map((d) => [`${d} out`, new onnxArrayOf[d](2)]));
    await (await open(identity)).bind(inputs, outputs).run();
    for (const [d, array] of Object.entries(inputs)) assert.deepEqual(outputs[`${d} out`], array);
  },
  "takes arrays without elements": async (open) => {
    const empty = model(
      [{ op: "Neg", inputs: ["x"], outputs: ["y"] }],
      [value("x", "f32", 0, 3)],
      [value("y", "f32", 0, 3)],
    );
    await (await open(empty)).bind({ x: new Float32Array(0) }, { y: new Float32Array(0) }).run();
  },
  "says which graph ONNX Runtime refuses and why": async (open) => {
    const broken = model(
      [{ op: "Banana", name: "fruit", inputs: ["x"], outputs: ["y"] }],
      [value("x", "f32", 2)],
      [value("y", "f32", 2)],
    );
    await assert.rejects(async () => open(broken), isBackendError(/"case".*(Banana)/s));
  },
  "says which node failed in a run": async (open) => {
    const gather = model(
      [{ op: "Gather", name: "blocks.3.embedding", inputs: ["table", "i"], outputs: ["row"] }],
      [value("table", "f32", 4, 2), value("i", "i32")],
      [value("row", "f32", 2)],
    );
    const arrays = { table: new Float32Array(8), i: Int32Array.of(9) };
    const binding = (await open(gather)).bind(arrays, { row: new Float32Array(2) });
    await assert.rejects(binding.run(), isBackendError(/blocks\.3\.embedding/));
    arrays.i[0] = 1;
    await binding.run();
  },
  "refuses arrays that do not fit the graph": async (open) => {
    const session = await open(decay);
    const next = new Float32Array(5);
    const factor = new Float32Array(1);
    assert.throws(
      () => session.bind({ w: new Float32Array(4), factor }, { next }),
      /w: expected Float32Array\(5\).*got Float32Array\(4\)/,
    );
    assert.throws(() => session.bind({ w: new Int32Array(5), factor }, { next }), /got Int32Array/);
    assert.throws(() => session.bind({ w: next, factor }, {}), /next: .*got nothing/);
    assert.throws(() => session.bind({ w: next, factor, extra: next }, { next }), /got extra/);
  },
};

const implementations: Record<string, CreateSession> = {
  "C API": createOrtSession,
  "Node binding": createBindingSession,
};

for (const [implementation, createSession] of Object.entries(implementations)) {
  for (const [name, check] of Object.entries(cases)) {
    test(`${implementation}: ${name}`, () =>
      check((m) => createSession(encodeModel(m), m, { name: "case" })));
  }
}

function isBackendError(message: RegExp) {
  return (error: unknown) =>
    error instanceof BifocalError && error.fields.code === "backend" && message.test(error.message);
}

/** Long enough to tell blocking from not: a chain of matrix products. */
function slow() {
  const size = 640;
  const nodes = Array.from({ length: 10 }, (_, i) => ({
    op: "MatMul",
    inputs: [`x${i}`, "x0"],
    outputs: [`x${i + 1}`],
  }));
  const m = model(nodes, [value("x0", "f32", size, size)], [value("x10", "f32", size, size)]);
  const x0 = new Float32Array(size * size);
  const session = createOrtSession(encodeModel(m), m, { name: "slow" });
  return session.bind({ x0 }, { x10: new Float32Array(size * size) });
}

test("C API: a run leaves the event loop free", async () => {
  const binding = slow();
  let running = true;
  let turns = 0;
  const done = binding.run().then(() => {
    running = false;
  });
  while (running) {
    turns++;
    await new Promise(setImmediate);
  }
  await done;
  assert.ok(turns > 20, `${turns} turns of the event loop`);
});

test("C API: a second run of a binding in flight is refused", async () => {
  const binding = slow();
  const first = binding.run();
  await assert.rejects(binding.run(), /one run at a time/);
  await first;
});

test("C API: a run on this thread", () => {
  const y = new Float32Array(4);
  const session = createOrtSession(encodeModel(linear), linear, { name: "linear" });
  session.bind({ x: new Float32Array(6), w: new Float32Array(6) }, { y }).runSync();
  assert.deepEqual([...y], [10, 20, 10, 20]);
});
