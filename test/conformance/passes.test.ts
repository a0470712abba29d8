import { describe, test } from "node:test";
import { evaluateExactly } from "#src/backends/reference/finite-differences.ts";
import { evaluateConstant } from "#src/backends/reference/index.ts";
import type { Graph } from "#src/graph/graph.ts";
import { foldConstants } from "#src/graph/passes/fold-constants.ts";
import { verify } from "#src/graph/verify.ts";
import { conformanceCases } from "./sample.ts";
import { assertClose } from "./suite.ts";

describe("folding constants changes no result", () => {
  for (const { name, forward, backward, leaves } of conformanceCases()) {
    const check = async (graph: Graph) => {
      verify(graph);
      const folded = foldConstants(graph, evaluateConstant);
      verify(folded);
      const fed = ({ inputs }: Graph) =>
        Object.fromEntries(Object.keys(inputs).map((leaf) => [leaf, leaves[leaf]!]));
      const expected = await evaluateExactly(graph, fed(graph));
      const got = await evaluateExactly(folded, fed(folded));
      // Folded constants are rounded to single precision.
      for (const output of Object.keys(expected)) assertClose(got[output]!, expected[output]!, 1e-6, output);
    };
    void test(name, async () => {
      await check(forward);
      if (backward !== undefined) await check(backward);
    });
  }
});
