import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { evaluateExactly } from "#src/backends/reference/finite-differences.ts";
import { evaluateConstant } from "#src/backends/reference/index.ts";
import type { Graph } from "#src/graph/graph.ts";
import { mixedPrecision } from "#src/graph/passes/mixed-precision.ts";
import { simplify } from "#src/graph/passes/simplify.ts";
import { verify } from "#src/graph/verify.ts";
import { conformanceCases } from "./sample.ts";
import { assertClose } from "./suite.ts";

describe("mixed precision changes results by no more than bf16 does", () => {
  for (const { name, forward, backward, leaves } of conformanceCases()) {
    const check = async (graph: Graph) => {
      const mixed = mixedPrecision(graph);
      verify(mixed);
      assert.deepEqual([mixed.inputs, mixed.parameters], [graph.inputs, graph.parameters]);
      const fed = Object.fromEntries(Object.keys(graph.inputs).map((leaf) => [leaf, leaves[leaf]!]));
      const [expected, got] = [await evaluateExactly(graph, fed), await evaluateExactly(mixed, fed)];
      // Two operands, each rounded to 8 bits (the reference rounds no product), in sums that partly cancel.
      for (const output of Object.keys(expected))
        assertClose(got[output]!, expected[output]!, 2 ** -6, output);
    };
    void test(name, async () => {
      await check(forward);
      if (backward !== undefined) await check(backward);
    });
  }
});

describe("simplifying changes no result", () => {
  for (const { name, forward, backward, leaves } of conformanceCases()) {
    const check = async (graph: Graph) => {
      verify(graph);
      const simplified = simplify(graph, evaluateConstant);
      verify(simplified);
      const fed = ({ inputs }: Graph) =>
        Object.fromEntries(Object.keys(inputs).map((leaf) => [leaf, leaves[leaf]!]));
      const expected = await evaluateExactly(graph, fed(graph));
      const got = await evaluateExactly(simplified, fed(simplified));
      // Folded constants are rounded to single precision.
      for (const output of Object.keys(expected)) assertClose(got[output]!, expected[output]!, 1e-6, output);
    };
    void test(name, async () => {
      await check(forward);
      if (backward !== undefined) await check(backward);
    });
  }
});
