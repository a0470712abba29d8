import { assert } from "../core/index.ts";

/** Rows that are read when they are asked for, in any order: row `index` is the same at every reading. */
export interface Table<E> {
  readonly size: number;
  /** @throws BifocalError "data", where the row is malformed. */
  get(index: number): Promise<E>;
}

/** The rows of `table`, each changed when it is read. */
export function mapTable<A, B>(table: Table<A>, change: (row: A, index: number) => B | Promise<B>): Table<B> {
  return { size: table.size, get: async (index) => change(await table.get(index), index) };
}

/** A table of what is in memory already. */
export function tableOf<E>(rows: readonly E[]): Table<E> {
  return {
    size: rows.length,
    get: async (index) => {
      assert(index in rows, `row ${index} of ${rows.length}`);
      return rows[index]!;
    },
  };
}
