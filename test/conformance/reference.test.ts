import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { evaluateExactly, finiteDifferences } from "#src/backends/reference/finite-differences.ts";
import { referenceBackend } from "#src/backends/reference/index.ts";
import { graphOf } from "#src/graph/graph.ts";
import { contract } from "./contract.ts";
import { conformanceCases } from "./sample.ts";
import { assertClose } from "./suite.ts";

contract(referenceBackend);

describe("gradients agree with central differences in float64", () => {
  for (const { name, backward, leaves } of conformanceCases()) {
    if (backward === undefined) continue;
    const loss = graphOf({ loss: backward.outputs.loss! });
    const fed = Object.fromEntries(Object.keys(loss.inputs).map((leaf) => [leaf, leaves[leaf]!]));
    void test(name, async () => {
      const got = await evaluateExactly(backward, fed);
      const floats = Object.keys(fed).filter((leaf) => leaf !== "w" && loss.inputs[leaf]!.dtype === "f32");
      assert.ok(floats.length > 0);
      for (const leaf of floats)
        assertClose(got[`d ${leaf}`]!, await finiteDifferences(loss, fed, leaf), 1e-6, `d ${leaf}`);
    });
  }
});
