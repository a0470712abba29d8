import type { Graph } from "../../graph/graph.ts";
import type { NamedLeaf } from "../../graph/ops/leaves.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { type Arrays, type Backend, checkBinding } from "../backend.ts";
import { drawsOf } from "../draws.ts";
import { emitter, onnxDtypeOf } from "./emit.ts";
import { findGemms, gemmAttributes } from "./fuse.ts";
import { lower } from "./lowering.ts";
import { openSession } from "./open-session.ts";
import { ortVersion } from "./ort-library.ts";
import type { OnnxModel, OnnxNode } from "./proto.ts";
import { drawEmitter } from "./random-bits.ts";

/** ONNX Runtime on the CPU, one session a graph. */
export const onnxBackend: Backend = {
  name: "onnx",
  get environment() {
    return {
      backend: "onnx",
      library: `ONNX Runtime ${ortVersion()}`,
      device: "cpu",
      precision: "f32",
    } as const;
  },
  hasBf16: false,
  compile: async (graph) => {
    const session = await openSession(toOnnx(graph), { name: Object.keys(graph.outputs)[0] ?? "graph" });
    return {
      graph,
      bind: (leaves, outputs) => {
        checkBinding(graph, leaves, outputs);
        return session.bind(renamed(leaves, leafName), renamed(outputs, outputName));
      },
    };
  },
};

// Leaves and outputs may carry the same name, ONNX values may not.
const leafName = (name: string) => `in:${name}`;
const outputName = (name: string) => `out:${name}`;

function renamed(arrays: Arrays, rename: (name: string) => string) {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, array]) => [
      rename(name),
      array as Exclude<typeof array, Float64Array>,
    ]),
  );
}

/** The whole graph as an ONNX model. */
export function toOnnx(graph: Graph): OnnxModel {
  const emit = emitter();
  const draw = drawsOf(graph, drawEmitter(emit));
  const names = new Map<string, string>();
  const keyOf = (tensor: Tensor) => `${tensor.node.id}.${tensor.index}`;
  const nameOf = (tensor: Tensor) => names.get(keyOf(tensor))!;
  const gemms = findGemms(graph);
  const inGemm = new Set([...gemms.values()].map(({ product }) => product.id));

  for (const node of graph.nodes) {
    if (inGemm.has(node.id)) continue;
    const gemm = gemms.get(node.id);
    let values: readonly string[];
    if (node.op === "input" || node.op === "parameter") {
      values = [leafName((node.attributes as NamedLeaf).name)];
    } else if (gemm !== undefined) {
      const inputs = [...gemm.product.inputs, gemm.bias].map(nameOf);
      values = [emit.op("Gemm", inputs, gemmAttributes(gemm.product.attributes))];
    } else {
      values = lower(emit, draw, node, node.inputs.map(nameOf));
    }
    values.forEach((name, index) => {
      names.set(`${node.id}.${index}`, name);
    });
  }
  const produced = new Set(emit.nodes.flatMap((node) => node.outputs));
  const results = new Map<string, string>();
  for (const [name, tensor] of Object.entries(graph.outputs)) {
    const value = nameOf(tensor);
    // A leaf, a constant or a value that is already another output can only be copied.
    if (!produced.has(value) || results.has(value)) emit.copy(value, outputName(name));
    else results.set(value, outputName(name));
  }

  const leaves = { ...graph.inputs, ...graph.parameters };
  return {
    nodes: inOrderOfRun(emit.nodes).map((node) => ({
      ...node,
      inputs: node.inputs.map((value) => results.get(value) ?? value),
      outputs: node.outputs.map((value) => results.get(value) ?? value),
    })),
    initializers: emit.initializers,
    inputs: Object.entries(leaves).map(([name, { dtype, shape }]) => ({
      name: leafName(name),
      dtype: onnxDtypeOf(dtype),
      shape,
    })),
    outputs: Object.entries(graph.outputs).map(([name, { dtype, shape }]) => ({
      name: outputName(name),
      dtype: onnxDtypeOf(dtype),
      shape,
    })),
  };
}

/**
 * ONNX Runtime walks from the last node that nobody reads to what it needs, then on to the one before it. Nodes nobody
 * reads go to the end, the first one last: then each gradient is computed as soon as it can be, as in the graph, and what
 * it reads does not wait for the end of the run.
 */
function inOrderOfRun(nodes: readonly OnnxNode[]): OnnxNode[] {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs));
  const isRead = ({ outputs }: OnnxNode) => outputs.some((value) => read.has(value));
  return [...nodes.filter(isRead), ...nodes.filter((node) => !isRead(node)).reverse()];
}
