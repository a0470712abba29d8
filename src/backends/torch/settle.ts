/**
 * What a first run sees of its views, later runs need not ask for: the same calls lay results out in the same way. So a
 * view is made of the tensor whose memory it is, at once and without arguments to build.
 */
import type { Instruction, Layout, Program, Value } from "./emit.ts";
import type { Handle, TorchEngine } from "./engine.ts";

const reshape = "aten::reshape";
/** Ops whose result is a view of their first input; of a reshape's it is where the elements are in order. */
const views: ReadonlySet<string> = new Set(
  ["permute", "transpose", "expand", "select", "narrow", "as_strided"]
    .map((op) => `aten::${op}`)
    .concat(reshape),
);
/** Those, and a cast to the dtype that is there: results that may lie in the memory of the input. */
const aliases: ReadonlySet<string> = new Set([...views, "aten::to"]);

/** Layouts of views by the place of their instruction. */
export type SeenViews = Map<number, Layout>;

/** Makes the call of an instruction; where the result is a view, notes how it lies. */
export function noteView(
  engine: TorchEngine,
  seen: SeenViews,
  place: number,
  { op, inputs: [source] }: Extract<Instruction, { readonly kind: "call" }>,
  handleOf: (value: Value) => Handle,
  call: () => readonly Handle[],
): readonly Handle[] {
  if (source === undefined || !("id" in source) || !views.has(op)) return call();
  const before = engine.address(handleOf(source));
  const made = call();
  const isView = op !== reshape || (before !== 0n && engine.address(made[0]!) === before);
  if (isView) seen.set(place, engine.layout(made[0]!));
  return made;
}

/** The program with the views that were seen. Leaves lie elsewhere in every binding: views of them stay as they are. */
export function settle(program: Program, seen: SeenViews): Program {
  const roots = new Map<number, Value | undefined>();
  for (const { id } of program.leaves.values()) roots.set(id, undefined);
  const instructions = program.instructions.map((instruction, place): Instruction => {
    if (instruction.kind !== "call") return instruction;
    const [source] = instruction.inputs;
    const [result] = instruction.results;
    if (source === undefined || result === undefined || !("id" in source)) return instruction;
    const of = roots.has(source.id) ? roots.get(source.id) : source;
    const layout = seen.get(place);
    if (of === undefined || layout === undefined) {
      if (of === undefined && aliases.has(instruction.op)) roots.set(result.id, undefined);
      return instruction;
    }
    roots.set(result.id, of);
    return { kind: "view", of, layout, result };
  });
  return { ...program, instructions };
}
