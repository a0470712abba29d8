/** The hashes behind the random draws of a graph, computed together: a few calls for all, not forty for each. */
import { mix32 } from "../core/rng.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { Graph } from "../graph/graph.ts";
import { type RandomAttributes, rowNumbers } from "../graph/ops/random.ts";

/**
 * Hashes of the rows, or of the columns, of all draws that have as many: i32[salts, steps]. With key k, the hash in line
 * s and place i is mix(steps[i] ^ mix(k ^ salts[s])) | 1 for rows; for columns it is k + salts[s].
 */
export interface HashTable {
  readonly side: "rows" | "columns";
  readonly steps: Int32Array;
  /** By line: one for each draw. */
  readonly salts: readonly number[];
}

/** A line of an emitted table. */
export interface HashLine<V> {
  readonly table: V;
  readonly line: number;
}

/** How a backend says it; V is a value in its program. */
export interface DrawEmitter<V> {
  table(table: HashTable, key: V): V;
  /** The products of row and column, i32[shape]. */
  words(shape: Shape, rows: HashLine<V>, columns: HashLine<V>): V;
}

/** Emits a draw of the graph. */
export type Draw<V> = (attributes: RandomAttributes, key: V) => V;

/** Knows all draws of a graph before the first is emitted; then each table is emitted once, where it is first needed. */
export function drawsOf<V>({ nodes }: Pick<Graph, "nodes">, emit: DrawEmitter<V>): Draw<V> {
  const tables = new Map<string, { readonly table: HashTable; readonly sites: readonly number[] }>();
  const sides = ["rows", "columns"] as const;
  for (const { op, attributes } of nodes) {
    if (op !== "randomBits") continue;
    const draw = attributes as RandomAttributes;
    for (const side of sides) {
      const { table, sites = [] } = tables.get(nameOf(side, draw)) ?? {};
      if (sites.includes(draw.site)) continue;
      const { steps, salts } = table ?? { steps: stepsOf(side, draw), salts: [] };
      const salt = mix32(2 * draw.site + (side === "rows" ? 1 : 2));
      const grown = { table: { side, steps, salts: [...salts, salt] }, sites: [...sites, draw.site] };
      tables.set(nameOf(side, draw), grown);
    }
  }
  const emitted = new Map<HashTable, Map<V, V>>();
  return (attributes, key) => {
    const lineOf = (side: HashTable["side"]): HashLine<V> => {
      const { table, sites } = tables.get(nameOf(side, attributes))!;
      const byKey = emitted.get(table) ?? new Map<V, V>();
      emitted.set(table, byKey);
      const value = byKey.get(key) ?? emit.table(table, key);
      byKey.set(key, value);
      return { table: value, line: sites.indexOf(attributes.site) };
    };
    return emit.words(attributes.shape, lineOf("rows"), lineOf("columns"));
  };
}

/** Of the table that has a side's hashes. */
function nameOf(side: HashTable["side"], { shape, rows }: RandomAttributes): string {
  if (side === "columns") return `columns ${shape.at(-1) ?? 1}`;
  return `rows ${sizeOf(shape.slice(0, -1))} ${JSON.stringify(rows)}`;
}

function stepsOf(side: HashTable["side"], attributes: RandomAttributes): Int32Array {
  if (side === "rows") return rowNumbers(attributes).map((row) => Math.imul(row + 1, 0x9e3779b1));
  const columns = attributes.shape.at(-1) ?? 1;
  return Int32Array.from({ length: columns }, (_, column) => Math.imul(column + 1, 0x85ebca77));
}
