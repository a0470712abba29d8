import { z } from "zod";
import { fail } from "../../core/errors.ts";
import { readJsonl } from "../../files/jsonl.ts";
import type { Paired } from "../../metrics/paired.ts";
import { parseCsv } from "./csv.ts";
import { byId, matchIds } from "./match-ids.ts";
import { checkShape, parseJson, readText } from "./read.ts";

/** Two tables, each a .json list of objects, a .jsonl file or a .csv file with a first line of names. */
export interface PairFiles {
  /** Columns `id` and `prediction`. */
  readonly predictions: string;
  /** Columns `id` and `truth`. */
  readonly truths: string;
}

const id = z.union([z.string(), z.int().transform(String)], { error: "expected an id" });

/** A label: text, a number or true or false. */
export const labelSchema = z.union(
  [z.string(), z.number().transform(String), z.boolean().transform(String)],
  {
    error: "expected a label",
  },
);

/** A number, in CSV its text. */
export const numberSchema = z.union(
  [
    z.number(),
    z
      .string()
      .regex(/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i)
      .transform(Number),
  ],
  { error: "expected a number" },
);

/** Rows joined by id, in the order of the truths. @throws BifocalError for ids twice in a file or in one only. */
export async function readPairs<P extends z.ZodType, T extends z.ZodType>(
  files: PairFiles,
  prediction: P,
  truth: T,
): Promise<{ predictions: z.output<P>[]; truths: z.output<T>[] }> {
  const predicted = await readColumn(files.predictions, "prediction", prediction);
  const actual = await readColumn(files.truths, "truth", truth);
  matchIds("a prediction", actual, predicted);
  return {
    predictions: [...actual.values.keys()].map((key) => predicted.values.get(key) as z.output<P>),
    truths: [...actual.values.values()],
  };
}

/** Both sides of one kind. @throws BifocalError as readPairs does. */
export function readAlike<S extends z.ZodType>(files: PairFiles, schema: S): Promise<Paired<z.output<S>>> {
  return readPairs(files, schema, schema);
}

async function readColumn<S extends z.ZodType>(path: string, name: "prediction" | "truth", schema: S) {
  const row = z.object({ id, [name]: schema }).transform((cells) => [cells.id, cells[name]]);
  const entries = checkShape(path, await readRows(path), z.array(row));
  return byId(path, `a ${name}`, entries as [string, z.output<S>][]);
}

/** The rows of a .json, .jsonl or .csv file. @throws BifocalError for another. */
export async function readRows(path: string): Promise<unknown> {
  const kind = /\.(json|jsonl|csv)$/i.exec(path)?.[1]?.toLowerCase();
  switch (kind) {
    case "json":
      return parseJson(path, await readText(path));
    case "csv":
      return parseCsv(path, await readText(path));
    case "jsonl": {
      const { records, torn } = await readJsonl(path);
      if (torn) fail("data", path, { expected: "whole lines", got: "a last line that is cut" });
      return records;
    }
    default:
      return fail("usage", path, { expected: "a .json, .jsonl or .csv file", got: path });
  }
}
