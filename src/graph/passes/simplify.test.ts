import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { evaluate } from "../../backends/backend.ts";
import { evaluateConstant, referenceBackend } from "../../backends/reference/index.ts";
import { type Graph, graphOf } from "../graph.ts";
import { apply, constant, full, iota, type Tensor } from "../tensor.ts";
import { atPath } from "../trace.ts";
import { verify } from "../verify.ts";
import { rewrite } from "./rewrite.ts";
import { simplify } from "./simplify.ts";

const input = (...shape: number[]) => apply("input", { name: "x", type: { dtype: "f32", shape } });
const opsOf = ({ nodes }: Graph) => nodes.map(({ op }) => op);

function folded(y: Tensor): Graph {
  const graph = simplify(graphOf({ y }), evaluateConstant);
  verify(graph);
  return graph;
}

describe("simplify", () => {
  test("computes what depends on constants alone, and nothing changes", async () => {
    const x = input(2, 3);
    const table = iota(3).cast("f32").mul(0.5).exp();
    const before = graphOf({ y: x.mul(table).add(table.sumAll()) });
    const after = simplify(before, evaluateConstant);
    assert.deepEqual(opsOf(after).sort(), ["add", "constant", "constant", "input", "mul"]);
    const leaves = { x: new Float32Array([1, 2, 3, 4, 5, 6]) };
    const [expected, got] = [before, after].map((graph) => evaluate(referenceBackend, graph, leaves));
    const [a, b] = [(await expected!).y!, (await got!).y!];
    for (const [i, value] of a.entries()) assert.ok(Math.abs(value - b[i]!) <= 1e-6 * Math.abs(value));
  });

  test("does not materialise large constants, unless the result is smaller", () => {
    assert.deepEqual(opsOf(folded(full(2, "f32", [256, 256]))), ["constant"]);
    assert.deepEqual(opsOf(folded(full(2, "f32", [257, 256]))), ["constant", "expand"]);
    const large = constant("f32", [257, 256], new Float32Array(257 * 256));
    assert.deepEqual(opsOf(folded(large.neg())), ["constant"]);
  });

  test("drops what does nothing", () => {
    const x = input(2, 3);
    const nothing: Record<string, Tensor> = {
      "x * 1": x.mul(1),
      "1 * x": full(1).mul(x),
      "x + 0": x.add(full(0, "f32", [300, 2, 3]).at(0, 0)),
      "x - 0": x.sub(0),
      "x / 1": x.div(full(1)),
      "neg of neg": x.neg().neg(),
      "reshape back": x.reshape([6]).reshape([3, 2]).reshape([2, 3]),
      "transpose back": x.transpose([1, 0]).transpose([1, 0]),
      "cast to same": apply("cast", { to: "f32" }, x),
    };
    for (const [name, y] of Object.entries(nothing)) assert.deepEqual(opsOf(folded(y)), ["input"], name);
  });

  test("keeps what only looks like nothing", () => {
    const x = input(2, 3);
    assert.deepEqual(opsOf(folded(full(0).sub(x))), ["input", "constant", "sub"]);
    assert.deepEqual(opsOf(folded(full(1).div(x))), ["input", "constant", "div"]);
    assert.deepEqual(opsOf(folded(x.mul(constant("f32", [3], [1, 1, 2])))), ["input", "constant", "mul"]);
  });

  test("x + 0 of a larger shape still broadcasts", () => {
    const graph = folded(input(3).add(full(0, "f32", [2, 3])));
    assert.deepEqual(opsOf(graph), ["input", "expand"]);
    assert.deepEqual(graph.outputs.y!.shape, [2, 3]);
  });

  test("joins moves in the right order", async () => {
    const x = input(2, 3, 4);
    const before = graphOf({ y: x.transpose([2, 0, 1]).transpose([1, 0, 2]) });
    const after = simplify(before, evaluateConstant);
    assert.deepEqual(opsOf(after), ["input", "transpose"]);
    const leaves = { x: Float32Array.from({ length: 24 }, (_, i) => i) };
    const results = [before, after].map(async (graph) => (await evaluate(referenceBackend, graph, leaves)).y);
    assert.deepEqual(await results[1], await results[0]);
  });
});

describe("simplify, around products", () => {
  const [w, b] = [
    apply("input", { name: "w", type: { dtype: "f32", shape: [5, 4] } }),
    apply("input", { name: "b", type: { dtype: "f32", shape: [5] } }),
  ];
  const rows = (x: Tensor) => x.reshape([-1, x.shape.at(-1)!]);
  const layer = (x: Tensor) =>
    rows(x)
      .matmul(w, { transB: true })
      .add(b)
      .reshape([...x.shape.slice(0, -1), 5]);

  test("rows are multiplied with the axes they have", async () => {
    const y = layer(input(2, 3, 4));
    const before = graphOf({ y, bias: rows(y).sumTo([5]), kept: rows(y).sum(0, true) });
    const after = simplify(before, evaluateConstant);
    verify(after);
    assert.deepEqual(opsOf(after), ["input", "input", "input", "matmul", "add", "sum", "sum", "reshape"]);
    const count = (n: number) => Float32Array.from({ length: n }, (_, i) => i);
    const leaves = { x: count(24), w: count(20), b: count(5) };
    const [expected, got] = [
      await evaluate(referenceBackend, before, leaves),
      await evaluate(referenceBackend, after, leaves),
    ];
    assert.deepEqual(got, expected);
  });

  test("moves and casts of one tensor are made once", () => {
    const x = input(2, 3, 4);
    const products = [0, 1].map(() => rows(x).cast("bf16").matmul(rows(x).cast("bf16"), { transA: true }));
    const graph = folded(products[0]!.add(products[1]!).cast("f32"));
    assert.equal(opsOf(graph).filter((op) => op === "reshape" || op === "cast").length, 3);
  });

  test("moved elements are not copied twice", () => {
    const copied = input(2, 3, 4).transpose([1, 0, 2]).reshape([3, 8]);
    const graph = folded(
      copied
        .sum(0)
        .sumAll()
        .add(copied.reshape([24]).sumAll()),
    );
    assert.deepEqual(opsOf(graph).slice(0, 3), ["input", "transpose", "reshape"]);
    const [first, second] = graph.nodes.filter(({ op }) => op === "reshape");
    assert.equal(second!.inputs[0]!.node, first);
  });
});

describe("rewrite", () => {
  test("rebuilds users of what was replaced, in the old order, with paths and every result", () => {
    const x = input(2, 5);
    const { values, indices } = atPath("heads", () => x.relu().topK(3));
    const graph = graphOf({ sum: values.sumAll(), indices, x });
    const after = rewrite(graph, (node, [first]) => (node.op === "relu" ? [first!.abs()] : undefined));
    verify(after);
    assert.deepEqual(opsOf(after), ["input", "abs", "topK", "sum"]);
    assert.deepEqual(
      after.nodes.map(({ path }) => path),
      ["", "heads", "heads", ""],
    );
    assert.equal(after.outputs.x, x);
    assert.deepEqual(after.outputs.indices!.type, indices.type);
    assert.deepEqual(Object.keys(after.outputs), ["sum", "indices", "x"]);
    assert.deepEqual(opsOf(graph), ["input", "relu", "topK", "sum"]);
  });

  test("a rule that changes a type is a bug", () => {
    const graph = graphOf({ y: input(2, 3).neg() });
    assert.throws(
      () => rewrite(graph, (node, [x]) => (node.op === "neg" ? [x!.sum(0)] : undefined)),
      /bug in bifocal: a rewrite of neg made f32\[3\] of f32\[2, 3\]/,
    );
  });
});
