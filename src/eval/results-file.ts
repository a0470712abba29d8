import { truncate } from "node:fs/promises";
import { extname } from "node:path";
import { fail } from "../core/errors.ts";
import { openAppend } from "../files/append.ts";
import { chunksOf } from "../files/file-ranges.ts";
import type { Prediction } from "./predict.ts";

/** Predictions in a file, row by row: CSV with one answer, or JSON lines with the likeliest ones. */

/** A prediction with the number of its record in the list, from 1. */
export interface ResultRow extends Prediction {
  readonly row: number;
}

/** A results file being written; what was appended survives a kill. */
export interface ResultsFile {
  /** Rows that it had when it was opened. */
  readonly done: number;
  append(rows: readonly ResultRow[]): void;
  close(): void;
}

interface ResultsFormat {
  /** What the file begins with. */
  readonly head: string;
  line(row: ResultRow): string;
  /** What the line of a record begins with, whatever was predicted. */
  start(row: Pick<ResultRow, "row" | "image" | "text">): string;
}

const csv: ResultsFormat = {
  head: "row,image,text,answer,probability,caption,match,similarity,error\r\n",
  start: ({ row, image, text }) => `${[row, image, text].map(csvCell).join(",")},`,
  line: (row) => {
    const [best] = row.answers ?? [];
    const cells = [best?.answer, best?.probability, row.caption, row.match, row.similarity, row.error];
    return `${csv.start(row)}${cells.map(csvCell).join(",")}\r\n`;
  },
};

const jsonLines: ResultsFormat = {
  head: "",
  start: ({ row, image, text }) => `${JSON.stringify({ row, image, text }).slice(0, -1)},`,
  line: ({ row, image, text, ...rest }) => `${JSON.stringify({ row, image, text, ...rest })}\n`,
};

function csvCell(value: string | number | undefined): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const feed = 10;
const quote = 34;

/**
 * Creates a results file, or goes on in one: what a kill left half written is cut off. `asked` is the record of a row
 * as the list has it now. @throws BifocalError "usage" where the file is there and not to be gone on with, or is of
 * another list.
 */
export async function openResults(
  path: string,
  resume: boolean,
  asked: (row: number) => Promise<Pick<ResultRow, "image" | "text"> | undefined>,
): Promise<ResultsFile> {
  const format = formatOf(path);
  const file = openAppend(path);
  const append = (text: string) => file.append(Buffer.from(text));
  const opened = (done: number): ResultsFile => ({
    done,
    append: (rows) => append(rows.map(format.line).join("")),
    close: () => file.close(),
  });
  try {
    if (file.lastByte() === undefined) {
      if (format.head !== "") append(format.head);
      return opened(0);
    }
    if (!resume) {
      fail("usage", path, {
        got: "a file that is there",
        todo: "add --resume to go on in it, or choose another name",
      });
    }
    const { lines, end, lastLine } = await wholeLines(path, format === csv);
    await truncate(path, end);
    const done = format === csv ? lines - 1 : lines;
    if (done < 0) append(format.head);
    if (done <= 0) return opened(0);
    const record = await asked(done);
    if (record === undefined || !lastLine.startsWith(format.start({ row: done, ...record }))) {
      fail("usage", path, {
        expected: `results of ${record === undefined ? "a list with as many rows" : "this list"}`,
        got: lastLine.slice(0, 120).trim(),
        todo: "choose another name for the results",
      });
    }
    return opened(done);
  } catch (error) {
    file.close();
    throw error;
  }
}

function formatOf(path: string): ResultsFormat {
  const end = extname(path).toLowerCase();
  if (end === ".csv") return csv;
  if (end === ".jsonl") return jsonLines;
  return fail("usage", "--out", { expected: "a .csv or .jsonl file", got: path });
}

/** How many whole lines there are, where they end, and the last; in CSV line breaks within quotes end none. */
async function wholeLines(path: string, quoted: boolean) {
  let lines = 0;
  let end = 0;
  let base = 0;
  let inQuotes = false;
  let open: Buffer[] = [];
  let lastLine = "";
  for await (const chunk of chunksOf(path)) {
    let from = 0;
    for (const [i, byte] of chunk.entries()) {
      if (quoted && byte === quote) inQuotes = !inQuotes;
      if (byte !== feed || inQuotes) continue;
      lastLine = Buffer.concat([...open, chunk.subarray(from, i + 1)]).toString();
      open = [];
      from = i + 1;
      lines++;
      end = base + i + 1;
    }
    open.push(Buffer.from(chunk.subarray(from)));
    base += chunk.length;
  }
  return { lines, end, lastLine };
}
