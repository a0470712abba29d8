import { fail, nearest } from "../core/index.ts";
import { type ArrowColumn, arrowLayout } from "./arrow-layout.ts";
import type { ArrowField } from "./arrow-schema.ts";
import { type ArrowReading, arrowOffsets, arrowValues, presence } from "./arrow-values.ts";
import { type OpenFile, withDataFile } from "./byte-source.ts";
import type { Cell } from "./cell.ts";

/**
 * An Arrow IPC file, of which any row is read by itself: batches of gigabytes cost no memory. The file is open only
 * while something is read, so many files need no many descriptors.
 */
export interface ArrowFile {
  readonly path: string;
  readonly rows: number;
  readonly fields: readonly ArrowField[];
  /** @throws BifocalError "data" naming file, row and column where the bytes are damaged. */
  row<Name extends string>(index: number, columns: readonly Name[]): Promise<Record<Name, Cell>>;
  /** How many items the rows' lists have up to each row and with it: f64[rows]; null counts as empty. */
  listEnds(column: string): Promise<Float64Array>;
}

const kind = "an Arrow file";
const rowsAtOnce = 65_536;

/** Reads an Arrow file's layout. @throws BifocalError "data" when it is damaged, compressed or of unsupported types. */
export async function openArrowFile(path: string): Promise<ArrowFile> {
  const { layout, bytes } = await withDataFile(path, kind, async (file) => ({
    layout: await arrowLayout(file),
    bytes: file.size,
  }));
  const { fields, batches, dictionaries } = layout;
  const ends: number[] = [];
  let rows = 0;
  for (const batch of batches) {
    rows += batch.rows;
    ends.push(rows);
  }
  const names = fields.map(({ name }) => name);

  const reading = <T>(use: (reading: ArrowReading) => Promise<T>) =>
    withDataFile(path, kind, (file: OpenFile) => {
      if (file.size === bytes) return use({ source: file, dictionaries });
      return fail("data", path, {
        expected: `${bytes} bytes, as when it was opened`,
        got: String(file.size),
        todo: "leave the file alone while it is read, and run again",
      });
    });
  const positionOf = (column: string) => {
    const position = names.indexOf(column);
    if (position !== -1) return position;
    const close = nearest(column, names);
    return fail("data", path, {
      expected: `a column ${column}`,
      got: names.join(", "),
      ...(close === undefined ? {} : { todo: `did you mean ${close}?` }),
    });
  };
  return {
    path,
    rows,
    fields,
    row: (index, columns) => {
      const wanted = columns.map((name) => [name, positionOf(name)] as const);
      if (!(Number.isInteger(index) && index >= 0 && index < rows)) {
        fail("usage", path, { expected: `a row in [0, ${rows})`, got: String(index) });
      }
      const number = ends.findIndex((end) => index < end);
      const batch = batches[number]!;
      const local = index - (ends[number]! - batch.rows);
      return reading(async (from) => {
        const values: [string, Cell][] = [];
        for (const [name, position] of wanted) {
          const where = `${path} row ${index} column ${name}`;
          const [value = null] = await arrowValues(from, batch.columns[position]!, local, local + 1, where);
          values.push([name, value]);
        }
        return Object.fromEntries(values) as Record<(typeof columns)[number], Cell>;
      });
    },
    listEnds: (column) => {
      const position = positionOf(column);
      return reading(async (from) => {
        const result = new Float64Array(rows);
        let row = 0;
        let total = 0;
        for (const batch of batches) {
          for await (const length of lengths(from, batch.columns[position]!, `${path} column ${column}`)) {
            total += length;
            result[row++] = total;
          }
        }
        return result;
      });
    },
  };
}

async function* lengths(from: ArrowReading, column: ArrowColumn, where: string): AsyncGenerator<number> {
  for (let start = 0; start < column.length; start += rowsAtOnce) {
    const end = Math.min(start + rowsAtOnce, column.length);
    const offsets = await arrowOffsets(from, column, start, end, where);
    const present = await presence(from, column, start, end, where);
    for (let i = 0; i < end - start; i++) yield present(i) ? offsets[i + 1]! - offsets[i]! : 0;
  }
}
