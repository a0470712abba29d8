/** Graphs as calls of libtorch through its C ABI, on the CPU or a CUDA device. */
import type { Graph } from "../../graph/graph.ts";
import { simplify } from "../../graph/passes/simplify.ts";
import type { Node, Tensor } from "../../graph/tensor.ts";
import { type Backend, checkBinding } from "../backend.ts";
import { drawsOf } from "../draws.ts";
import { evaluateConstant } from "../reference/index.ts";
import { fusedAdamW } from "./adamw.ts";
import { bindProgram } from "./bind.ts";
import { parseDevice, showDevice } from "./device.ts";
import { emitter, type Program, type ProgramConstant, type Value } from "./emit.ts";
import { type Handle, startTorch, type TorchEngine } from "./engine.ts";
import { fuse } from "./fuse.ts";
import { keep } from "./kept.ts";
import type { Fused } from "./lowered.ts";
import { lower } from "./lowering.ts";
import { drawEmitter } from "./random-bits.ts";
import { planOf } from "./run-program.ts";

const engines = new Map<string, TorchEngine>();

/** The backend of one device, "cpu" or "cuda:0". @throws BifocalError "backend" where libtorch or the device is missing. */
export function torchBackend(device: string): Backend {
  const engine = engines.get(device) ?? startTorch(parseDevice(device));
  engines.set(device, engine);
  return torchBackendOn(engine);
}

/** Gives the constants of graphs that nobody holds any more back. */
const abandoned = new FinalizationRegistry(
  ({ engine, handles }: { engine: TorchEngine; handles: Handle[] }) => {
    for (const handle of handles) engine.free(handle);
  },
);

/** The backend over a started library. */
export function torchBackendOn(engine: TorchEngine): Backend {
  return {
    name: "torch",
    environment: {
      backend: "torch",
      library: `libtorch ${engine.library.place.version ?? engine.library.release}`,
      device: showDevice(engine.device),
      precision: "f32",
    },
    hasBf16: true,
    ...(!engine.sharesMemory && {
      device: {
        keep: (array) => keep(engine, array),
        adamW: (arrays, step) => fusedAdamW(engine, arrays, step),
      },
    }),
    compile: async (graph) => {
      const program = toProgram(simplify(graph, evaluateConstant), engine);
      const constants = new Map(
        program.constants.map((constant) => [constant.value.id, upload(engine, constant)]),
      );
      abandoned.register(constants, { engine, handles: [...constants.values()] });
      const compiled = { graph, early: planOf(program), late: planOf(outputsLast(program)), constants };
      return {
        graph,
        bind: (leaves, outputs) => {
          checkBinding(graph, leaves, outputs);
          return bindProgram(engine, compiled, leaves, outputs);
        },
      };
    },
  };
}

function upload(engine: TorchEngine, { dtype, shape, data }: ProgramConstant): Handle {
  const [host, own] = [engine.over(data, dtype, shape), engine.empty(dtype, shape)];
  engine.copy(own, host, "torch, constant");
  engine.free(host);
  return own;
}

/** The whole graph as calls; an output is written as soon as it is there, so that its memory is free again. */
function toProgram(graph: Graph, engine: TorchEngine): Program {
  const emit = emitter(engine.library.dtypes, engine.fastBf16);
  const draw = drawsOf(graph, drawEmitter(emit));
  const values = new Map<Node, readonly Value[]>();
  const valueOfTensor = ({ node, index }: Tensor) => values.get(node)![index]!;
  const outputs = new Map<Node, string[]>();
  for (const [name, { node }] of Object.entries(graph.outputs))
    outputs.set(node, [...(outputs.get(node) ?? []), name]);
  const fused = fuse(graph);
  for (const node of readNodes(graph, fused)) {
    emit.path = node.path;
    const group = fused.get(node);
    const inputs = (group ?? node).inputs.map(valueOfTensor);
    values.set(node, group === undefined ? lower(emit, draw, node, inputs) : group.emit(emit, inputs));
    for (const name of outputs.get(node) ?? []) emit.output(name, valueOfTensor(graph.outputs[name]!));
  }
  return emit.finish();
}

/** The nodes that outputs need: a group does not need what lies inside it. */
function readNodes(graph: Graph, fused: ReadonlyMap<Node, Fused>): Node[] {
  const read = new Set(Object.values(graph.outputs).map(({ node }) => node));
  for (const node of graph.nodes.toReversed()) {
    if (!read.has(node)) continue;
    for (const input of (fused.get(node) ?? node).inputs) read.add(input.node);
  }
  return graph.nodes.filter((node) => read.has(node));
}

function outputsLast(program: Program): Program {
  const isOutput = ({ kind }: { readonly kind: string }) => kind === "output";
  const { instructions } = program;
  return {
    ...program,
    instructions: [
      ...instructions.filter((instruction) => !isOutput(instruction)),
      ...instructions.filter(isOutput),
    ],
  };
}
