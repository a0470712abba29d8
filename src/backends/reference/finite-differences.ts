import type { TypedArray } from "../../core/dtype.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Arrays } from "../backend.ts";
import { referenceBackend } from "./index.ts";

/** All outputs of a graph without rounding. */
export async function evaluateExactly(graph: Graph, leaves: Arrays): Promise<Record<string, Float64Array>> {
  const outputs = Object.fromEntries(
    Object.entries(graph.outputs).map(([name, { size }]) => [name, new Float64Array(size)]),
  );
  const executable = await referenceBackend.compile(graph);
  await executable.bind(leaves, outputs).run();
  return outputs;
}

/**
 * The gradient of the scalar output `loss` by every element of one f32 leaf, by central differences with step `h` in
 * float64: its error is about h^2 times the third derivative plus 1e-16 / h.
 */
export async function finiteDifferences(
  graph: Graph,
  leaves: Arrays,
  leaf: string,
  loss = "loss",
  h = 1e-5,
): Promise<Float64Array> {
  const moved: TypedArray = new Float64Array(leaves[leaf]!);
  const lossAt = async (i: number, value: number) => {
    const before = moved[i]!;
    moved[i] = value;
    const outputs = await evaluateExactly(graph, { ...leaves, [leaf]: moved });
    moved[i] = before;
    return outputs[loss]![0]!;
  };
  const slopes = new Float64Array(moved.length);
  for (let i = 0; i < slopes.length; i++) {
    const x = moved[i]!;
    slopes[i] = ((await lossAt(i, x + h)) - (await lossAt(i, x - h))) / (2 * h);
  }
  return slopes;
}
