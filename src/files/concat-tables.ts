import { assert } from "../core/index.ts";
import type { Table } from "./table.ts";

/** The rows of several tables, one table after the other. */
export function concatTables<E>(tables: readonly Table<E>[]): Table<E> {
  const starts: number[] = [];
  let size = 0;
  for (const table of tables) {
    starts.push(size);
    size += table.size;
  }
  return {
    size,
    get: (index) => {
      assert(index >= 0 && index < size, `row ${index} of ${size}`);
      // From the last one back: empty tables begin where the next one does.
      const number = starts.findLastIndex((start) => start <= index);
      return tables[number]!.get(index - starts[number]!);
    },
  };
}
