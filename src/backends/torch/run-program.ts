import { type Instruction, type Program, type Value, valuesOf } from "./emit.ts";
import type { Handle, TorchEngine } from "./engine.ts";
import { noteView, type SeenViews, settle } from "./settle.ts";

/** A program with the place of every value's last use. */
export interface Plan {
  /** The same with the views that the first run has seen; there after it. */
  settled?: Plan;
  readonly program: Program;
  /** By instruction: values nobody reads after it. */
  readonly last: readonly ReadonlySet<number>[];
}

/** Finds when each value can be freed; leaves and constants stay. */
export function planOf(program: Program): Plan {
  const kept = new Set(
    [...program.leaves.values(), ...program.constants.map(({ value }) => value)].map(({ id }) => id),
  );
  const seen = new Set<number>(kept);
  const last = program.instructions.map(() => new Set<number>());
  for (let i = program.instructions.length - 1; i >= 0; i--) {
    const instruction = program.instructions[i]!;
    for (const { id } of [...valuesOf(instruction), ...resultsOf(instruction)]) {
      if (seen.has(id)) continue;
      seen.add(id);
      last[i]!.add(id);
    }
  }
  return { program, last };
}

function resultsOf(instruction: Instruction) {
  if (instruction.kind === "output") return [];
  return instruction.kind === "call" ? instruction.results : [instruction.result];
}

/** Longest the event loop waits for its turn, in milliseconds, unless one op takes longer. */
const patience = 20;

/**
 * Runs all instructions. `given` has the handles of leaves and constants by value; `write` gets each output, which it
 * may read until it returns. Every tensor made on the way is freed, also where a call fails.
 */
export async function runProgram(
  engine: TorchEngine,
  plan: Plan,
  given: ReadonlyMap<number, Handle>,
  write: (name: string, handle: Handle) => void,
): Promise<void> {
  const { program, last } = plan.settled ?? plan;
  const seen: SeenViews | undefined = plan.settled === undefined ? new Map() : undefined;
  const handles = new Map<number, Handle>();
  const handleOf = ({ id }: Value) => handles.get(id) ?? given.get(id)!;
  const drop = (id: number) => {
    const handle = handles.get(id);
    if (handle === undefined) return;
    handles.delete(id);
    engine.free(handle);
  };
  let turn = performance.now();
  try {
    for (const [i, instruction] of program.instructions.entries()) {
      if (instruction.kind === "output") {
        write(instruction.name, handleOf(instruction.value));
      } else if (instruction.kind === "add") {
        const { a, b, alpha, result } = instruction;
        handles.set(result.id, engine.add(handleOf(a), handleOf(b), alpha, "torch, add"));
      } else if (instruction.kind === "view") {
        const { of, layout, result } = instruction;
        handles.set(result.id, engine.view(handleOf(of), layout));
      } else {
        const { op, overload, inputs, results, path } = instruction;
        // The call owns what it is given: a tensor nobody else reads goes as it is, of others a second reference.
        const handOver = (value: Value) => {
          const handle = handles.get(value.id);
          if (handle === undefined || !last[i]!.has(value.id)) return engine.share(handleOf(value));
          if (inputs.filter((input) => input === value).length !== 1) return engine.share(handle);
          handles.delete(value.id);
          return handle;
        };
        const call = () => engine.call(op, overload, inputs, results.length, handOver, path);
        const made = seen === undefined ? call() : noteView(engine, seen, i, instruction, handleOf, call);
        for (const [place, { id }] of results.entries()) handles.set(id, made[place]!);
      }
      for (const id of last[i]!) drop(id);
      const now = performance.now();
      if (now - turn > patience) {
        await new Promise(setImmediate);
        turn = performance.now();
      }
    }
    if (seen !== undefined) plan.settled = planOf(settle(program, seen));
  } finally {
    for (const id of [...handles.keys()]) drop(id);
  }
}
