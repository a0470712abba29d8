import { fail } from "../core/index.ts";
import { chunksOf, fileRanges, largestRange } from "./file-ranges.ts";
import { firstLine, openLines } from "./lines.ts";
import { mapTable, type Table } from "./table.ts";

/**
 * Tables of text with named columns, of any size: comma-separated values with quotes (RFC 4180) and tab-separated
 * values without (IANA text/tab-separated-values), as the data sets that use tabs write them.
 */

/** Values by column, and the name that messages give the row. */
export interface NamedRow {
  readonly values: Readonly<Record<string, string>>;
  readonly where: string;
}

/** Rows of one set of columns. */
export interface NamedRows extends Table<NamedRow> {
  readonly columns: readonly string[];
}

const feed = 10;
const carriageReturn = 13;
const quote = 34;
const comma = 44;

/**
 * The rows of a CSV file, which begins with the names of its columns unless `columns` gives them. Rows are numbered
 * from 1 as spreadsheets do, the names included; line breaks within quotes are text. Only the rows' places are held.
 * @throws BifocalError "data" naming the row, for quotes that do not fit or a row of another number of values.
 */
export async function openCsv(path: string, columns?: readonly string[]): Promise<NamedRows> {
  const ranges = fileRanges(path);
  let row = 0;
  let empty = 0; // number of an empty row that no other row has followed yet
  await scanRows(path, (start, length) => {
    row++;
    if (length === 0) {
      empty ||= row;
      return;
    }
    if (empty > 0) fail("data", `${path} row ${empty}`, { expected: "values", got: "an empty line" });
    ranges.add(start, length, row);
  });
  const rows: Table<Row> = {
    size: ranges.size,
    get: async (index) => ({
      values: csvValues(ranges.text(index)),
      where: `${path} row ${ranges.place(index)}`,
    }),
  };
  if (columns !== undefined) return named(rows, columns, path);
  if (rows.size === 0) fail("data", path, { expected: "a row of column names", got: "an empty file" });
  const { values } = await rows.get(0);
  return named({ size: rows.size - 1, get: (index) => rows.get(index + 1) }, values, path);
}

/** The same for tab-separated values, one row a line; a quote is a character like any other. */
export async function openTsv(path: string, columns?: readonly string[]): Promise<NamedRows> {
  const names = columns ?? (await firstLine(path)).split("\t");
  const lines = await openLines(path, { skip: columns === undefined ? 1 : 0, blank: "error" });
  return named(
    mapTable(lines, ({ text, where }) => ({ values: text.split("\t"), where })),
    names,
    path,
  );
}

interface Row {
  readonly values: readonly string[];
  readonly where: string;
}

function named(rows: Table<Row>, columns: readonly string[], path: string): NamedRows {
  const odd = columns.find((name, i) => name.trim() === "" || columns.indexOf(name) !== i);
  if (odd !== undefined) {
    fail("data", path, {
      expected: "column names, each once",
      got: columns.join(", "),
      todo: "if the first row is no header, give the columns' names",
    });
  }
  const table = mapTable(rows, ({ values, where }) => {
    if (values.length !== columns.length) {
      fail("data", where, {
        expected: `${columns.length} values (${columns.join(", ")})`,
        got: String(values.length),
      });
    }
    return { values: Object.fromEntries(columns.map((name, i) => [name, values[i]!])), where };
  });
  return { ...table, columns };
}

/** Where each row lies, without its line break. */
async function scanRows(path: string, visit: (start: number, length: number) => void): Promise<void> {
  let state: "value begins" | "plain" | "quoted" | "quote ends" = "value begins";
  let row = 1;
  let start = 0;
  let base = 0;
  let last = 0;
  const checkLength = (end: number) => {
    if (end - start <= largestRange) return;
    const todo = state === "quoted" ? { todo: "look for a quote that is not closed" } : {};
    fail("data", `${path} row ${row}`, { expected: `at most ${largestRange} bytes`, got: "more", ...todo });
  };
  for await (const chunk of chunksOf(path)) {
    let i = base === 0 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0;
    if (base === 0) start = i;
    for (; i < chunk.length; i++) {
      const byte = chunk[i]!;
      if (state === "quoted") {
        if (byte === quote) state = "quote ends";
      } else if (byte === feed) {
        const end = base + i;
        visit(start, last === carriageReturn && end > start ? end - 1 - start : end - start);
        row++;
        start = end + 1;
        state = "value begins";
      } else if (byte === comma) state = "value begins";
      else if (byte === quote && state !== "plain") state = "quoted";
      else if (state === "quote ends" && byte !== carriageReturn) {
        fail("data", `${path} row ${row}`, {
          expected: "a comma or the line's end behind a closing quote",
          got: JSON.stringify(String.fromCharCode(byte)),
          todo: 'write quotes within a quoted value twice: ""',
        });
      } else if (state === "value begins") state = "plain";
      last = byte;
    }
    base += chunk.length;
    checkLength(base);
  }
  if (state === "quoted") {
    fail("data", `${path} row ${row}`, { expected: "a closing quote", got: "the end of the file" });
  }
  if (base > start) visit(start, last === carriageReturn ? base - 1 - start : base - start);
}

/** The values of one row that `scanRows` found. */
function csvValues(text: string): string[] {
  const values: string[] = [];
  for (let at = 0; ; at++) {
    let value = "";
    if (text[at] === '"') {
      do {
        const end = text.indexOf('"', at + 1);
        value += text.slice(at + 1, end);
        at = end + 1;
        if (text[at] === '"') value += '"';
      } while (text[at] === '"');
    } else {
      const end = text.indexOf(",", at);
      value = text.slice(at, end === -1 ? text.length : end);
      at += value.length;
    }
    values.push(value);
    if (at >= text.length) return values;
  }
}
