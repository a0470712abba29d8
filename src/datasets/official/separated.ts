import { fail } from "../../core/index.ts";
import type { Line } from "../../files/lines.ts";

/**
 * The values of a line of tab-separated columns, by name; quotes mean nothing, as in GLUE's files.
 * @throws BifocalError "data" when the line has more or fewer columns than the header.
 */
export function separated(line: Line, header: readonly string[]): (column: string) => string {
  const values = line.text.split("\t");
  if (values.length !== header.length) {
    fail("data", line.where, { expected: `${header.length} columns`, got: `${values.length}` });
  }
  return (column) => values[header.indexOf(column)]!;
}
