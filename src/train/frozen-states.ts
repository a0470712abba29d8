/** What frozen towers make of pictures and texts, found in a training graph: numbers that no step changes. */
import type { Dtype } from "../core/dtype.ts";
import { type Graph, graphOf } from "../graph/graph.ts";
import type { NamedLeaf } from "../graph/ops/leaves.ts";
import { cut } from "../graph/passes/cut.ts";
import type { Node, Tensor } from "../graph/tensor.ts";
import { isUnder } from "./freeze.ts";

/** Arrays of a batch that are the same whenever an example comes again: pictures that do not vary, texts as they are. */
const repeated = { image: ["image"], text: ["ids", "keep"] } as const;

/** One kind of input of frozen towers, and the graph from it to every state of it that the rest of the step reads. */
export interface FrozenTower {
  readonly kind: keyof typeof repeated;
  /** Names of the batch's arrays it reads. */
  readonly reads: readonly string[];
  /** Pictures or texts in a batch: every array's size is a multiple of it. */
  readonly rows: number;
  /** Its outputs are the states, f32, by the names of the inputs that stand for them in the step. */
  readonly graph: Graph;
}

/** A training graph in two: what can be kept of frozen towers, and the step that reads it. */
export interface SplitStep {
  readonly towers: readonly FrozenTower[];
  readonly step: Graph;
}

/** Splits a training graph where modules below `frozen`, which never learn, hand their states to the rest of the step. */
export function splitFrozen(graph: Graph, frozen: readonly string[]): SplitStep {
  const cuts: Record<string, Tensor> = {};
  const found = (["image", "text"] as const).flatMap((kind) => {
    const states = statesOf(graph, kind, frozen);
    if (states.length === 0) return [];
    const named = Object.fromEntries(states.map((state, i) => [`stored.${kind}.${i}`, state]));
    Object.assign(cuts, named);
    const tower = graphOf(named);
    const reads = Object.keys(tower.inputs);
    return { kind, reads, rows: tower.inputs[repeated[kind][0]]!.shape[0]!, graph: tower };
  });
  return { towers: found, step: found.length === 0 ? graph : cut(graph, cuts) };
}

/** Results of frozen modules that depend on these arrays of the batch alone, and are read by something else. */
function statesOf(graph: Graph, kind: FrozenTower["kind"], frozen: readonly string[]): Tensor[] {
  const [main, ...beside] = repeated[kind];
  const allowed: readonly string[] = [main, ...beside];
  const isFrozen = (path: string) => frozen.some((part) => isUnder(path, part));
  /** Whether a node depends on nothing but them and what is frozen; and on the first of them, without which it is no state. */
  const fixed = new Map<Node, { readonly only: boolean; readonly seen: boolean }>();
  for (const node of graph.nodes) {
    const { op } = node;
    const { name } = node.attributes as Partial<NamedLeaf>;
    if (op === "input") fixed.set(node, { only: allowed.includes(name!), seen: name === main });
    else if (op === "parameter") fixed.set(node, { only: isFrozen(name!), seen: false });
    else {
      const inputs = node.inputs.map((input) => fixed.get(input.node)!);
      fixed.set(node, { only: inputs.every(({ only }) => only), seen: inputs.some(({ seen }) => seen) });
    }
  }
  const isInside = (node: Node) => {
    const { only, seen } = fixed.get(node)!;
    return only && seen && isFrozen(node.path);
  };
  const rows = graph.inputs[main]?.shape[0];
  const isState = ({ node, index, dtype, size }: Tensor) =>
    isInside(node) &&
    index === 0 &&
    dtype === ("f32" satisfies Dtype) &&
    rows !== undefined &&
    size % rows === 0;
  const states = new Map<Node, Tensor>();
  for (const node of graph.nodes) {
    if (isInside(node)) continue;
    for (const input of node.inputs) if (isState(input)) states.set(input.node, input);
  }
  for (const output of Object.values(graph.outputs)) if (isState(output)) states.set(output.node, output);
  return [...states.values()];
}
