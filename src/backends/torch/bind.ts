import type { TypedArray } from "../../core/dtype.ts";
import { fail } from "../../core/errors.ts";
import type { Graph } from "../../graph/graph.ts";
import type { TensorType } from "../../graph/ops/definition.ts";
import type { Arrays, Bound } from "../backend.ts";
import type { Handle, TorchEngine } from "./engine.ts";
import { keptView } from "./kept.ts";
import { type Plan, runProgram } from "./run-program.ts";

/** A compiled graph: its plans and the handles of its constants, by value. */
export interface Compiled {
  readonly graph: Graph;
  /** Writes each output as soon as it is there. */
  readonly early: Plan;
  /** Writes all outputs when everything is computed: they may lie over the leaves. */
  readonly late: Plan;
  readonly constants: ReadonlyMap<number, Handle>;
}

/** A tensor the run reads or writes and, where the device has memory of its own, the array's tensor beside it. */
interface Slot {
  readonly handle: Handle;
  readonly host: Handle | undefined;
}

/** Gives the native side of what nobody holds any more back. */
const abandoned = new FinalizationRegistry(
  ({ engine, handles }: { engine: TorchEngine; handles: Handle[] }) => {
    for (const handle of handles) engine.free(handle);
  },
);

/**
 * Fixes the memory of a compiled graph. On the CPU tensors lie over the arrays; elsewhere each run copies them, but for
 * those that are kept on the device.
 */
export function bindProgram(engine: TorchEngine, compiled: Compiled, leaves: Arrays, outputs: Arrays): Bound {
  const { graph, constants } = compiled;
  const slotOf = (array: TypedArray, { dtype, shape }: TensorType): Slot => {
    const kept = keptView(engine, array, shape);
    if (kept !== undefined) return { handle: kept, host: undefined };
    const host = engine.over(array, dtype, shape);
    return engine.sharesMemory
      ? { handle: host, host: undefined }
      : { handle: engine.empty(dtype, shape), host };
  };
  const types = { ...graph.inputs, ...graph.parameters };
  const read = Object.entries(types).map(([name, type]) => ({ name, ...slotOf(leaves[name]!, type) }));
  const written = new Map(
    Object.entries(graph.outputs).map(([name, { type }]) => [name, slotOf(outputs[name]!, type)]),
  );
  const { program } = compiled.early;
  const given = new Map(constants);
  for (const { name, handle } of read) given.set(program.leaves.get(name)!.id, handle);
  const overlap = Object.values(outputs).some((output) =>
    Object.values(leaves).some((leaf) => meet(output, leaf)),
  );
  const plan = overlap ? compiled.late : compiled.early;

  const where = `torch, ${Object.keys(graph.outputs)[0]}`;
  // libtorch points into these arrays: who holds the binding holds them, and the constants.
  const held = { leaves, outputs, constants, busy: false };
  const slots = [...read, ...written.values()];
  const handles = slots.flatMap(({ handle, host }) => (host === undefined ? [handle] : [handle, host]));
  abandoned.register(held, { engine, handles });
  return {
    run: async () => {
      if (held.busy)
        fail("backend", where, { expected: "one run at a time", got: "a second on one binding" });
      held.busy = true;
      try {
        for (const { handle, host } of read) if (host !== undefined) engine.copy(handle, host, where);
        await runProgram(engine, plan, given, (name, result) => {
          const { handle, host } = written.get(name)!;
          engine.copy(host ?? handle, result, where);
        });
      } finally {
        held.busy = false;
      }
    },
  };
}

/** Whether two arrays share memory. */
function meet(a: TypedArray, b: TypedArray): boolean {
  return (
    a.buffer === b.buffer &&
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength
  );
}
