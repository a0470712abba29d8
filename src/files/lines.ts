import { fail } from "../core/index.ts";
import { chunksOf, fileRanges, largestRange, utf8 } from "./file-ranges.ts";
import type { Table } from "./table.ts";

/** Text files of one record a line, by index: JSON lines, tab-separated values, plain text. */

/** A line without its end, and the name that messages give it: path and number from 1. */
export interface Line {
  readonly text: string;
  readonly where: string;
}

/** Which lines are rows. A byte order mark and the last line's end are none, with any choice. */
export interface LineOptions {
  /** Lines before the first row; 0 unless said. */
  readonly skip?: number;
  /** Empty lines: between paragraphs they are no rows, in a list of records they are an error. */
  readonly blank: "between" | "error";
}

const feed = 10;
const carriageReturn = 13;

/** The lines of a UTF-8 file; only their places are held. @throws BifocalError "data" when it cannot be read. */
export async function openLines(path: string, { skip = 0, blank }: LineOptions): Promise<Table<Line>> {
  const ranges = fileRanges(path);
  let number = 0; // of lines that have ended
  let start = 0;
  let inLine = 0; // bytes of the open line in chunks before
  let last = 0; // byte before the current one
  let visible = false; // the open line has more than white space
  const end = (length: number) => {
    number++;
    if (length > largestRange) {
      fail("data", `${path} line ${number}`, { expected: `at most ${largestRange} bytes`, got: `${length}` });
    }
    if (number > skip) {
      if (visible) ranges.add(start, length, number);
      else if (blank === "error") {
        fail("data", `${path} line ${number}`, { expected: "a record", got: "an empty line" });
      }
    }
    visible = false;
  };
  let base = 0;
  for await (const chunk of chunksOf(path)) {
    if (base === 0 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) start = 3;
    for (let from = base === 0 ? start : 0; from < chunk.length; ) {
      const found = chunk.indexOf(feed, from);
      const to = found === -1 ? chunk.length : found;
      visible ||= hasVisible(chunk, from, to);
      const length = inLine + to - from;
      if (to > from) last = chunk[to - 1]!;
      if (found === -1) {
        inLine = length;
        break;
      }
      end(length > 0 && last === carriageReturn ? length - 1 : length);
      start = base + found + 1;
      from = found + 1;
      inLine = 0;
    }
    base += chunk.length;
  }
  if (inLine > 0) end(last === carriageReturn ? inLine - 1 : inLine);
  return {
    size: ranges.size,
    get: async (index) => ({ text: ranges.text(index), where: `${path} line ${ranges.place(index)}` }),
  };
}

function hasVisible(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i]! > 32) return true;
  return false;
}

/** The first line of a file, without a byte order mark. @throws BifocalError "data" for an empty file. */
export async function firstLine(path: string): Promise<string> {
  for await (const chunk of chunksOf(path)) {
    const found = chunk.indexOf(feed);
    const text = utf8(chunk.subarray(0, found === -1 ? chunk.length : found), `${path} line 1`);
    return text.replace(/^\ufeff/, "").replace(/\r$/, "");
  }
  return fail("data", path, { expected: "lines of text", got: "an empty file" });
}
