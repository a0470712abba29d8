import { fail } from "../../core/errors.ts";

/**
 * Rows of a CSV text (RFC 4180) by the names in its first line; a cell may be quoted.
 * @throws BifocalError for a row with more or fewer cells than names, and for a quote that does not end.
 */
export function parseCsv(where: string, text: string): Record<string, string>[] {
  const rows = cells(where, text.replace(/^\uFEFF/, ""));
  const [names = [], ...rest] = rows;
  return rest.map((row, i) => {
    if (row.length !== names.length) {
      fail("data", `${where} row ${i + 1}`, { expected: `${names.length} cells`, got: `${row.length}` });
    }
    return Object.fromEntries(names.map((name, k) => [name, row[k]!]));
  });
}

function cells(where: string, text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  for (let at = 0; at < text.length; at = cell.lastIndex) {
    cell.lastIndex = at;
    const found = cell.exec(text);
    if (found === null) {
      fail("data", `${where} row ${rows.length}`, {
        expected: "quotes around whole cells",
        got: text.slice(at, at + 40),
      });
    }
    const [, quoted, plain, end] = found;
    row.push(quoted?.replaceAll('""', '"') ?? plain!);
    const last = cell.lastIndex === text.length;
    if (end === "," && last) row.push("");
    if (end !== "," || last) {
      rows.push(row);
      row = [];
    }
  }
  return rows;
}
