import { dirname } from "node:path";
import { BifocalError, fail, nearest } from "../core/errors.ts";
import type { StoredImage } from "../datasets/examples.ts";
import { isAddress, listedRows } from "../datasets/listed-pictures.ts";
import type { SourceRow } from "../datasets/row-examples.ts";
import { type Progress, type ProgressOptions, progress as standardProgress } from "../files/progress.ts";
import type { Table } from "../files/table.ts";
import { download } from "../hub/download.ts";
import type { Asked, Predictor } from "./predict.ts";
import { openResults, type ResultRow } from "./results-file.ts";

/** A list of pictures and texts to be judged, and where the results go. */
export interface ListOptions {
  /** .csv, .tsv or .jsonl. */
  readonly path: string;
  readonly imageColumn: string;
  /** The column of texts, or one text for all rows. */
  readonly text: { readonly column: string } | { readonly forAll: string };
  /** What paths are relative to; the list's folder unless said. */
  readonly folder?: string | undefined;
  /** .csv or .jsonl. */
  readonly out: string;
  /** Goes on in `out` where it was stopped. */
  readonly resume: boolean;
  readonly allowUrls: boolean;
}

/** What became of a list. */
export interface ListResult {
  readonly rows: number;
  /** Rows that were in the results already. */
  readonly before: number;
  readonly failed: number;
  /** The first of the rows that failed. */
  readonly failures: readonly { readonly row: number; readonly image: string; readonly error: string }[];
}

/** How many failures are told; the results have all. */
const told = 20;
/** Rows written at once: what a kill can cost. */
const rowsAtOnce = 32;

/** Judges a list row by row into a file; a row that cannot be judged gets an error there and ends nothing. */
export async function predictList(
  predictor: Predictor,
  options: ListOptions,
  progress: (options: ProgressOptions) => Progress = standardProgress,
): Promise<ListResult> {
  const { path, text, imageColumn } = options;
  const source = await listedRows({ path, folder: options.folder ?? dirname(path) });
  const columns = "column" in text ? [imageColumn, text.column] : [imageColumn];
  const missing = columns.find((name) => !source.columns.includes(name));
  if (missing !== undefined) {
    fail("usage", path, {
      expected: `a column ${missing}`,
      got: source.columns.join(", "),
      todo: `did you mean ${nearest(missing, source.columns)}? name it by --image-column or --text-column`,
    });
  }
  const table = source.rows(columns);
  const ask = (index: number) => askedAt(predictor, table, index, options);
  const results = await openResults(options.out, options.resume, async (row) =>
    row > table.size ? undefined : ask(row - 1),
  );
  const { done } = results;
  const failures: ListResult["failures"][number][] = [];
  let failed = 0;
  const line = progress({ label: "predict", total: table.size, unit: "rows", from: done });
  let waiting: ResultRow[] = [];
  const write = () => {
    if (waiting.length > 0) results.append(waiting);
    waiting = [];
  };
  try {
    let row = done;
    const pairs = async function* () {
      for (let index = done; index < table.size; index++) yield await ask(index);
    };
    for await (const prediction of predictor.predict(pairs())) {
      row++;
      waiting.push({ row, ...prediction });
      const { error, image } = prediction;
      if (error !== undefined) {
        failed++;
        if (failures.length < told) failures.push({ row, image, error });
      }
      if (waiting.length === rowsAtOnce) write();
      line.update(row, failed === 0 ? {} : { failed });
    }
    write();
  } finally {
    line.finish();
    results.close();
  }
  return { rows: table.size, before: done, failed, failures };
}

/** A row's picture and text; what is wrong with the row shows when its picture is wanted. */
async function askedAt(
  predictor: Predictor,
  table: Table<SourceRow>,
  index: number,
  { imageColumn, text, allowUrls }: ListOptions,
): Promise<Asked> {
  let image = "";
  let asked = "forAll" in text ? text.forAll : "";
  try {
    const { row, image: imageOf } = await table.get(index);
    image = row.text(imageColumn);
    if ("column" in text) asked = row.text(text.column);
    const picture = isAddress(image) ? addressImage(image, allowUrls) : imageOf(imageColumn);
    return { image, text: asked, pixels: () => predictor.pixelsOf(picture) };
  } catch (error) {
    if (!(error instanceof BifocalError) || error.fields.code !== "data") throw error;
    return { image, text: asked, pixels: () => Promise.reject(error) };
  }
}

/** The picture at an address on the web. */
export function addressImage(address: string, allowed: boolean): StoredImage {
  const read = async () => {
    if (allowed) return download(address);
    return fail("data", address, {
      expected: "the path of a picture on this machine",
      got: "an address",
      todo: "add --allow-urls to fetch it, or download it first",
    });
  };
  return { id: address, where: address, read };
}
