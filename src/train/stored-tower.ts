import { createHash } from "node:crypto";
import { type Arrays, allocateOutputs, type Backend, showEnvironment } from "../backends/backend.ts";
import { allocate, type TypedArray } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { sizeOf } from "../core/shape.ts";
import type { RowStore } from "../files/row-store.ts";
import type { Graph } from "../graph/graph.ts";
import type { ConstantLeaf } from "../graph/ops/leaves.ts";
import type { FrozenTower } from "./frozen-states.ts";

/** A frozen tower whose states are computed once for each picture or text. */
export interface StoredTower {
  /** The states of the batch that `fill` was called with, always the same memory. */
  readonly states: Arrays;
  /** Reads the states of a batch, computing and storing those that are not there; returns how many were computed. */
  fill(batch: Arrays): Promise<number>;
}

/** Changed when rows or their keys are made otherwise. */
const version = 1;
/** Of the largest number of a row: how far a row may be from itself in another place of the batch. */
const tolerance = 1e-4;

/** The row `at` of an array of `rows` rows. */
function rowOf<A extends TypedArray>(array: A, at: number, rows: number): A {
  const width = array.length / rows;
  return array.subarray(at * width, (at + 1) * width) as A;
}

/** Compiles a tower whose weights, all of them loaded, will not change any more. */
export async function openStoredTower(
  backend: Backend,
  { kind, reads, rows, graph }: FrozenTower,
  weights: Arrays,
  store: RowStore,
): Promise<StoredTower> {
  const inputs: Arrays = Object.fromEntries(
    Object.entries(graph.inputs).map(([name, { dtype, shape }]) => [name, allocate(dtype, sizeOf(shape))]),
  );
  const parameters = Object.fromEntries(Object.keys(graph.parameters).map((name) => [name, weights[name]!]));
  const states = allocateOutputs(graph) as Record<string, Float32Array>;
  const computed = allocateOutputs(graph) as Record<string, Float32Array>;
  const bound = (await backend.compile(graph)).bind({ ...inputs, ...parameters }, computed);
  const identity = identityOf(graph, showEnvironment(backend.environment), parameters);
  const names = Object.keys(states);
  const all = Array.from({ length: rows }, (_, row) => row);
  let checked = rows === 1;

  const keyOf = (batch: Arrays, row: number): string => {
    const hash = createHash("sha256").update(identity);
    for (const name of reads) hash.update(bytesOf(rowOf(batch[name]!, row, rows)));
    return hash.digest("hex");
  };
  /** Runs the tower on these rows of the batch, as many as it has. */
  const compute = async (batch: Arrays, chosen: readonly number[]) => {
    for (const name of reads) {
      for (const [at, row] of chosen.entries()) {
        rowOf(inputs[name]!, at, rows).set(rowOf(batch[name]!, row, rows));
      }
    }
    await bound.run();
  };
  /** @throws BifocalError where a row depends on its neighbours: what is kept of it would be wrong beside others. */
  const requireOwnRows = async (batch: Arrays) => {
    await compute(batch, all);
    const before = names.map((name) => computed[name]!.slice());
    await compute(batch, [...all.slice(1), 0]);
    for (const [i, name] of names.entries()) {
      for (const row of all) {
        const here = rowOf(before[i]!, row, rows);
        const there = rowOf(computed[name]!, (row - 1 + rows) % rows, rows);
        const largest = here.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        if (here.some((value, j) => Math.abs(value - there[j]!) > tolerance * largest)) {
          fail("config", "train.cacheFeatures", {
            expected: `states of a ${kind} that depend on it alone`,
            got: "states that depend on the rest of the batch",
            todo: "leave cacheFeatures out for this model",
          });
        }
      }
    }
  };

  return {
    states,
    fill: async (batch) => {
      const keys = all.map((row) => keyOf(batch, row));
      const kept = await Promise.all(keys.map((key) => store.read(key)));
      const missing = all.filter(
        (row) =>
          !takeApart(
            kept[row],
            names.map((name) => rowOf(states[name]!, row, rows)),
          ),
      );
      if (missing.length === 0) return 0;
      if (!checked) await requireOwnRows(batch);
      checked = true;
      await compute(
        batch,
        all.map((at) => missing[at] ?? missing[0]!),
      );
      for (const [at, row] of missing.entries()) {
        for (const name of names) rowOf(states[name]!, row, rows).set(rowOf(computed[name]!, at, rows));
      }
      await Promise.all(
        missing.map((row) =>
          store.write(keys[row]!, together(names.map((name) => rowOf(states[name]!, row, rows)))),
        ),
      );
      return missing.length;
    },
  };
}

/** A hash of the tower's operations, of what computes them and of all its numbers. */
function identityOf(graph: Graph, environment: string, parameters: Arrays): Buffer {
  const hash = createHash("sha256").update(`${version} ${environment}`);
  const places = new Map(graph.nodes.map((node, i) => [node, i]));
  for (const { op, attributes, inputs, types } of graph.nodes) {
    const read = inputs.map(({ node, index }) => [places.get(node), index]);
    if (op === "constant") hash.update(bytesOf((attributes as ConstantLeaf).data));
    hash.update(JSON.stringify([op, op === "constant" ? null : attributes, read, types]));
  }
  for (const output of Object.values(graph.outputs))
    hash.update(`${places.get(output.node)}.${output.index} `);
  for (const name of Object.keys(parameters).sort()) hash.update(name).update(bytesOf(parameters[name]!));
  return hash.digest();
}

function bytesOf({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Copies a stored row into its parts; false where there is none of their size. */
function takeApart(row: Float32Array | undefined, parts: readonly Float32Array[]): boolean {
  if (row?.length !== parts.reduce((sum, { length }) => sum + length, 0)) return false;
  let start = 0;
  for (const part of parts) {
    part.set(row.subarray(start, start + part.length));
    start += part.length;
  }
  return true;
}

function together(parts: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    whole.set(part, start);
    start += part.length;
  }
  return whole;
}
