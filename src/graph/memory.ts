import { dtypeBytes } from "../core/dtype.ts";
import { sizeOf } from "../core/shape.ts";
import type { Graph } from "./graph.ts";
import { elementwise } from "./ops/elementwise.ts";
import type { Node, Tensor } from "./tensor.ts";

/** Memory of one result, shared with its reshapes. */
interface Buffer {
  readonly bytes: number;
  /** Inputs of nodes that still have to read it. */
  readers: number;
}

/**
 * The most bytes that intermediate results hold at once while the nodes run in their order. A result lives until its
 * last reader has run; a reshape is the same memory; an elementwise result takes over an input of its size that dies
 * with it. Leaves, constants and outputs lie in memory of the caller and do not count.
 */
export function peakMemory(graph: Graph): number {
  const buffers = buffersOf(graph);
  let live = 0;
  let peak = 0;
  for (const node of graph.nodes) {
    const read = node.inputs.flatMap((input) => buffers.get(keyOf(input)) ?? []);
    for (const buffer of read) buffer.readers--;
    const dying = new Set(read.filter(({ readers }) => readers === 0));
    if (node.op !== "reshape") {
      for (const index of node.types.keys()) {
        const result = buffers.get(`${node.id}.${index}`);
        if (result === undefined) continue;
        const reused = [...dying].find(({ bytes }) => node.op in elementwise && bytes === result.bytes);
        if (reused !== undefined) dying.delete(reused);
        else live += result.bytes;
        if (result.readers === 0) dying.add(result);
      }
    }
    peak = Math.max(peak, live);
    for (const { bytes } of dying) live -= bytes;
  }
  return peak;
}

/** The memory of every result by key, leaves, constants and outputs left out. */
function buffersOf({ nodes, outputs }: Graph): Map<string, Buffer> {
  const elsewhere = new Set(Object.values(outputs).map(keyOf));
  const buffers = new Map<string, Buffer>();
  for (const node of nodes) {
    for (const input of node.inputs) {
      const buffer = buffers.get(keyOf(input));
      if (buffer !== undefined) buffer.readers++;
    }
    if (node.inputs.length === 0) continue;
    for (const [index, type] of node.types.entries()) {
      const key = `${node.id}.${index}`;
      const aliased = isReshape(node) ? buffers.get(keyOf(node.inputs[0]!)) : undefined;
      if (aliased !== undefined) buffers.set(key, aliased);
      else if (!elsewhere.has(key) && !isReshape(node)) {
        buffers.set(key, { bytes: sizeOf(type.shape) * dtypeBytes[type.dtype], readers: 0 });
      }
    }
  }
  return buffers;
}

function isReshape(node: Node): boolean {
  return node.op === "reshape";
}

function keyOf({ node, index }: Tensor): string {
  return `${node.id}.${index}`;
}
