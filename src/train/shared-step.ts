/**
 * A training step of one of several ranks. Where the loss asks for rows of other ranks, the graph is cut: `tell` computes
 * what this rank shows, `main` reads everybody's and computes loss and gradients, also by what it read; those go back to
 * the ranks whose rows they belong to, and `back` takes them from there to the parameters. So each cut costs what is in
 * front of it once more.
 */
import type { Backend } from "../backends/backend.ts";
import { allocate, type TypedArray } from "../core/dtype.ts";
import { assert } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import { gradients as gradientsOf, type Recompute } from "../graph/grad.ts";
import { type Graph, graphOf, topological } from "../graph/graph.ts";
import type { NamedLeaf } from "../graph/ops/leaves.ts";
import { heldName, wholeName } from "../graph/share.ts";
import { apply, type Tensor } from "../graph/tensor.ts";
import { type Exchange, type Share, traced } from "../graph/trace.ts";
import type { Parameter } from "../nn/scope.ts";
import type { Communicator } from "../parallel/communicator.ts";
import type { ParameterStore } from "./parameter-store.ts";
import {
  type BatchTypes,
  type BoundStep,
  batchInputs,
  gradientName,
  keyName,
  type Loss,
  scalars,
  trainTrace,
} from "./step.ts";

/** The graphs of one rank's step; `tell` and `back` are absent where ranks have nothing to show each other. */
export interface SharedGraphs {
  readonly main: Graph;
  readonly tell: Graph | undefined;
  readonly back: Graph | undefined;
  /** Numbers of the exchanges that `main` reads. */
  readonly used: readonly number[];
}

const tellName = (i: number) => `tell:${i}`;
const backName = (input: string) => `back:${input}`;
const cotangentName = (i: number) => `cotangent:${i}`;

/** Loss, metrics and gradients of the rows of one rank: their means over the ranks are those of the whole batch. */
export function sharedGraphs(
  loss: Loss,
  batch: BatchTypes,
  learning: readonly Parameter[],
  freeze: readonly string[],
  place: Pick<Share, "rank" | "ranks">,
  recompute?: Recompute,
): SharedGraphs {
  const share: Share = { ...place, exchanges: [] };
  return traced({ ...trainTrace(freeze), share }, () => {
    const output = loss(batchInputs(batch));
    const { exchanges } = share;
    const readable = graphOf(scalars(output)).inputs;
    const isRead = (input: Tensor) => (input.node.attributes as NamedLeaf).name in readable;
    const read = (exchange: Exchange) =>
      [exchange.held, exchange.whole].flatMap((input) => input ?? []).filter(isRead);
    const used = exchanges.flatMap((exchange, i) => (read(exchange).length > 0 ? i : []));
    assert(
      used.every((i) => isFirst(exchanges[i]!.own)),
      "a rank shows what it has made of what others showed",
    );

    const inputs = used.flatMap((i) => read(exchanges[i]!)).filter(({ dtype }) => dtype === "f32");
    const parameters = learning.map(({ tensor }) => tensor);
    const all = gradientsOf(output.loss, [...parameters, ...inputs], recompute);
    const outputs: Record<string, Tensor> = { ...scalars(output) };
    learning.forEach(({ name, tensor }, i) => {
      outputs[gradientName(name)] = all[i] ?? tensor.mul(0);
    });
    inputs.forEach((input, i) => {
      const gradient = all[learning.length + i];
      if (gradient !== undefined) outputs[backName((input.node.attributes as NamedLeaf).name)] = gradient;
    });
    const told = used.map((i) => [tellName(i), exchanges[i]!.own] as const);
    return {
      main: graphOf(outputs),
      tell: told.length === 0 ? undefined : graphOf(Object.fromEntries(told)),
      back: backGraph(
        used.filter((i) => backOf(i).some((name) => name in outputs)),
        exchanges,
        learning,
        recompute,
      ),
      used,
    };
  });
}

/** The outputs of `main` with gradients of an exchange. */
function backOf(i: number): [string, string] {
  return [backName(heldName(i)), backName(wholeName(i))];
}

/** Adds to gradients of parameters what comes from gradients of what was shown; undefined where no parameter is behind it. */
function backGraph(
  numbers: readonly number[],
  exchanges: readonly Exchange[],
  learning: readonly Parameter[],
  recompute: Recompute | undefined,
) {
  const parts = numbers.map((i) => {
    const { own } = exchanges[i]!;
    return own.mul(apply("input", { name: cotangentName(i), type: own.type })).sumAll();
  });
  const [first, ...rest] = parts;
  if (first === undefined) return undefined;
  const total = rest.reduce((sum, part) => sum.add(part), first);
  const outputs: Record<string, Tensor> = {};
  gradientsOf(
    total,
    learning.map(({ tensor }) => tensor),
    recompute,
  ).forEach((gradient, i) => {
    if (gradient === undefined) return;
    const name = gradientName(learning[i]!.name);
    outputs[name] = gradient.add(apply("input", { name, type: gradient.type }));
  });
  return Object.keys(outputs).length === 0 ? undefined : graphOf(outputs);
}

function isFirst(tensor: Tensor): boolean {
  return topological([tensor]).every(
    ({ op, attributes }) => op !== "input" || !/^(whole|held):/.test((attributes as NamedLeaf).name),
  );
}

/** As `bindStep`, between whose parts ranks show each other what the graphs ask for. */
export async function bindSharedStep(
  backend: Backend,
  { main, tell, back, used }: SharedGraphs,
  { weights, gradients }: Pick<ParameterStore, "weights" | "gradients">,
  slots: readonly Readonly<Record<string, TypedArray>>[],
  ranks: Communicator,
): Promise<BoundStep> {
  const key = allocate("i32", 1);
  const shown = outputsOf(tell, () => undefined);
  const whole = Object.fromEntries(
    used.flatMap((i) => {
      const type = main.inputs[wholeName(i)];
      return type === undefined ? [] : [[wholeName(i), allocate(type.dtype, sizeOf(type.shape))]];
    }),
  );
  const held = Object.fromEntries(used.map((i) => [heldName(i), shown[tellName(i)]!]));
  const byParameter = Object.fromEntries(
    Object.entries(gradients).map(([name, array]) => [gradientName(name), array]),
  );
  const results = outputsOf(main, (name) => byParameter[name]);
  const cotangents = Object.fromEntries(
    used.map((i) => [cotangentName(i), allocate("f32", shown[tellName(i)]!.length) as Float32Array]),
  );
  const bindAll = async (graph: Graph | undefined, outputs: Readonly<Record<string, TypedArray>>) => {
    if (graph === undefined) return undefined;
    const executable = await backend.compile(graph);
    const wanted = [...Object.keys(graph.inputs), ...Object.keys(graph.parameters)];
    return slots.map((slot) => {
      const known: Readonly<Record<string, TypedArray>> = {
        ...slot,
        ...weights,
        ...whole,
        ...held,
        ...cotangents,
        ...byParameter,
        [keyName]: key,
      };
      return executable.bind(Object.fromEntries(wanted.map((name) => [name, known[name]!])), outputs);
    });
  };
  const bound = {
    tell: await bindAll(tell, shown),
    main: (await bindAll(main, results))!,
    back: await bindAll(
      back,
      outputsOf(back, (name) => byParameter[name]),
    ),
  };
  const names = Object.keys(main.outputs).filter((name) => !/^(gradient|back):/.test(name));

  /** What the loss of all ranks changes by what this rank showed. */
  const returned = async (i: number) => {
    const [fromHeld, fromWhole] = backOf(i).map((name) => results[name] as Float32Array | undefined);
    const sum = cotangents[cotangentName(i)]!;
    if (fromHeld === undefined) sum.fill(0);
    else sum.set(fromHeld);
    if (fromWhole === undefined) return;
    await ranks.sum(fromWhole);
    const own = fromWhole.subarray(ranks.rank * sum.length, (ranks.rank + 1) * sum.length);
    for (let j = 0; j < sum.length; j++) sum[j]! += own[j]!;
  };
  return {
    run: async (slot, stepKey) => {
      key[0] = stepKey;
      if (bound.tell !== undefined) await bound.tell[slot]!.run();
      for (const i of used) {
        const all = whole[wholeName(i)];
        if (all !== undefined) await ranks.gather(shown[tellName(i)]!, all);
      }
      await bound.main[slot]!.run();
      if (bound.back !== undefined) {
        for (const i of used) await returned(i);
        await bound.back[slot]!.run();
      }
      return Object.fromEntries(names.map((name) => [name, results[name]![0]!]));
    },
  };
}

/** Memory for every output: what `given` has, or new. */
function outputsOf(graph: Graph | undefined, given: (name: string) => TypedArray | undefined) {
  return Object.fromEntries(
    Object.entries(graph?.outputs ?? {}).map(([name, { dtype, size }]) => [
      name,
      given(name) ?? allocate(dtype, size),
    ]),
  );
}
