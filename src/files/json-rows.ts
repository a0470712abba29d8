import { fail } from "../core/index.ts";
import { fileRanges, utf8 } from "./file-ranges.ts";
import { scanJson } from "./json-scan.ts";
import { openLines } from "./lines.ts";
import { mapTable, type Table } from "./table.ts";

/** Records of JSON files of any size, by index. */

/** A parsed record. */
export interface JsonRow {
  /** The member's key where the records lie in an object; empty in a list. */
  readonly key: string;
  readonly value: unknown;
  /** Path and place, for messages. */
  readonly where: string;
}

/**
 * The members of the array or object at the keys `at` of a JSON file, those that `keep` wants; only their places are
 * held. With `keep` every record is parsed once while the file is opened, without it none.
 * @throws BifocalError "data" when there is no such array or object, or a record is no JSON.
 */
export async function openJson(
  path: string,
  at: readonly string[],
  keep?: (row: JsonRow) => boolean,
): Promise<Table<JsonRow>> {
  const ranges = fileRanges(path);
  let place = 0;
  let inObject = false;
  const list = at.length === 0 ? "record" : at.join(".");
  const whereOf = (number: number, start: number) => `${path} ${list}[${number}] (byte ${start})`;
  await scanJson(path, at, (bytes, start, kind) => {
    inObject = kind === "object";
    const where = whereOf(place, start);
    if (keep === undefined || keep(parsed(utf8(bytes, where), inObject, where))) {
      ranges.add(start, bytes.length, place);
    }
    place++;
  });
  return {
    size: ranges.size,
    get: async (index) =>
      parsed(ranges.text(index), inObject, whereOf(ranges.place(index), ranges.start(index))),
  };
}

/** The records of a JSON lines file. @throws BifocalError "data" when it cannot be read or has an empty line. */
export async function openJsonLines(path: string): Promise<Table<JsonRow>> {
  const lines = await openLines(path, { blank: "error" });
  return mapTable(lines, ({ text, where }) => parsed(text, false, where));
}

function parsed(text: string, inObject: boolean, where: string): JsonRow {
  try {
    if (!inObject) return { key: "", value: JSON.parse(text), where };
    const [[key, value]] = Object.entries(JSON.parse(`{${text}}`)) as [[string, unknown]];
    return { key, value, where };
  } catch (error) {
    return fail("data", where, { expected: "JSON", got: (error as Error).message });
  }
}
