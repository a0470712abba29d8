import assert from "node:assert/strict";
import { test } from "node:test";
import { graphOf } from "./graph.ts";
import { printGraph } from "./print.ts";
import { apply, constant } from "./tensor.ts";
import { atPath } from "./trace.ts";

test("a line per node under the path of its module", () => {
  const x = apply("input", { name: "image", type: { dtype: "f32", shape: [2, 3] } });
  const base = x.node.id;
  const hidden = atPath("blocks.0", () => {
    const weight = apply("parameter", { name: "blocks.0.weight", type: { dtype: "f32", shape: [5, 3] } });
    return x.matmul(weight, { transB: true });
  });
  const { indices } = atPath("heads", () => hidden.topK(2));
  const graph = graphOf({ indices, hidden: hidden.add(constant("f32", [5], [1, 2, 3, 4, 5])) });
  const text = printGraph(graph).replace(/%(\d+)/g, (_, id) => `%${Number(id) - base}`);
  assert.equal(
    text,
    [
      "  %0 input image -> f32[2, 3]",
      "blocks.0:",
      "  %1 parameter blocks.0.weight -> f32[5, 3]",
      "  %2 matmul transA=false transB=true alpha=1 %0 %1 -> f32[2, 5]",
      "heads:",
      "  %3 topK k=2 %2 -> f32[2, 2], i32[2, 2]",
      "(no module):",
      "  %4 constant 1,2,3,4,... -> f32[5]",
      "  %5 add %2 %4 -> f32[2, 5]",
      "indices = %3.1 i32[2, 2]",
      "hidden = %5 f32[2, 5]",
    ].join("\n"),
  );
});
