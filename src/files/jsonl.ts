import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fail } from "../core/index.ts";
import { openAppend } from "./append.ts";
import { writeTextAtomic } from "./atomic.ts";

/** JSON lines: one record per line, appended while a run goes on, readable after a kill at any moment. */

const lineBreak = 10;

/** What JSON can hold. Numbers that JSON lacks are written as the strings "NaN", "Infinity" and "-Infinity". */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** One line. */
export type JsonRecord = { readonly [key: string]: JsonValue };

/** A file open for appending records. */
export interface JsonlWriter {
  /** Appends one line before it returns. @throws BifocalError when the machine fails; the file keeps whole lines. */
  append(record: JsonRecord): void;
  close(): void;
}

/** Opens a file for appending, creating it if need be. @throws BifocalError where its last line is torn. */
export function openJsonl(path: string): JsonlWriter {
  const file = openAppend(path);
  if (file.lastByte() !== undefined && file.lastByte() !== lineBreak) {
    file.close();
    fail("data", path, {
      expected: "a line break at the end",
      got: "a torn last line",
      todo: "its writer was killed; delete the last line",
    });
  }
  return {
    append: (record) => file.append(Buffer.from(`${JSON.stringify(record, withNonFinite)}\n`)),
    close: file.close,
  };
}

function withNonFinite(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

/** All records; `torn` when the last line was cut by a kill and is left out. */
export interface JsonlContents {
  readonly records: readonly JsonRecord[];
  readonly torn: boolean;
}

/** Reads a whole file. @throws BifocalError naming the line when another line than the last is no JSON object. */
export async function readJsonl(path: string): Promise<JsonlContents> {
  const bytes = await readFile(path).catch((cause: Error) =>
    fail("data", path, { expected: "a JSON lines file", got: cause.message, todo: "check the path" }),
  );
  const records: JsonRecord[] = [];
  let line = 0;
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(lineBreak, start);
    const end = found === -1 ? bytes.length : found;
    const text = bytes.toString("utf8", start, end);
    const record = parseRecord(text);
    line++;
    if (record === undefined) {
      if (found === -1) return { records, torn: true };
      fail("data", `${path} line ${line}`, {
        expected: "a JSON object",
        got: JSON.stringify(text.slice(0, 80)),
      });
    }
    records.push(record);
    start = end + 1;
  }
  return { records, torn: false };
}

function parseRecord(text: string): JsonRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
    return isRecord ? (value as JsonRecord) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps the records with `step` at most `lastStep`, so that a resumed run writes no step twice. Atomic; a file that
 * does not exist yet has nothing to drop.
 * @throws BifocalError for a record without a `step`.
 */
export async function truncateJsonl(
  path: string,
  lastStep: number,
): Promise<{ dropped: number; torn: boolean }> {
  if (!existsSync(path)) return { dropped: 0, torn: false };
  const { records, torn } = await readJsonl(path);
  const kept = records.filter(({ step }, i) => {
    if (typeof step === "number") return step <= lastStep;
    return fail("data", `${path} line ${i + 1}`, {
      expected: "a number named step",
      got: JSON.stringify(step),
    });
  });
  await writeTextAtomic(path, kept.map((record) => `${JSON.stringify(record)}\n`).join(""));
  return { dropped: records.length - kept.length, torn };
}
