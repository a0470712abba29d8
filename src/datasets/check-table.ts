import { createHash } from "node:crypto";
import { BifocalError } from "../core/index.ts";
import { type Progress, type ProgressOptions, progress as standardProgress } from "../files/progress.ts";
import type { Table } from "../files/table.ts";
import type { CheckedSplit, CheckFinding, FindingKind } from "./check-report.ts";
import { noBytes, noFile } from "./dataset-folder.ts";
import { digestTable } from "./digest-table.ts";
import { type ExampleOf, type Form, imagesOf, type StoredImage } from "./examples.ts";

/** What was found about one picture's bytes. */
export interface PictureFinding {
  readonly kind: Extract<FindingKind, "truncated" | "undecodable" | "huge" | "mislabelled">;
  readonly message: string;
}

/** How a split is checked. */
export interface CheckOptions {
  readonly split: string;
  /** Examples as published, where that is known. */
  readonly published?: number | undefined;
  /** Looks into a picture's bytes; "mislabelled" is no problem, the other kinds are. */
  readonly inspect: (bytes: Uint8Array, image: StoredImage) => Promise<PictureFinding | undefined>;
  /** Examples whose pictures are read at the same time. */
  readonly atOnce: number;
}

/** What was found, in the order of the examples. */
export interface CheckedTable extends CheckedSplit {
  readonly problems: readonly CheckFinding[];
  readonly remarks: readonly CheckFinding[];
}

/** A picture's finding, or the digest of its bytes where it can be used. */
interface Looked {
  readonly finding?: { readonly kind: FindingKind; readonly message: string } | undefined;
  readonly digest?: Uint8Array;
}

/** A picture of an example; the first example that has it reports what is odd about it. */
interface Look {
  readonly image: StoredImage;
  readonly isFirst: boolean;
  readonly looked: Promise<Looked> | undefined;
}

/**
 * Reads every record and every picture of a split, each picture once however many examples it has. Nothing that is wrong
 * with the data ends the check; memory is some 40 bytes a picture beside what is found.
 */
export async function checkTable(
  table: Table<ExampleOf[Form]>,
  options: CheckOptions,
  progress: (options: ProgressOptions) => Progress = standardProgress,
): Promise<CheckedTable> {
  const { split, published, atOnce } = options;
  const problems: CheckFinding[] = [];
  const remarks: CheckFinding[] = [];
  const places = digestTable(); // of pictures, to their numbers
  const contents = digestTable(); // of pictures, to the first example
  const ids = digestTable(); // of examples, to their index
  const looks = new Map<number, Promise<Looked>>(); // by picture: under way, or found bad; the others are fine

  const lookAt = (image: StoredImage): Look => {
    const number = places.size;
    const known = places.findOrAdd(image.where, number);
    if (known !== undefined) return { image, isFirst: false, looked: looks.get(known) };
    const looked = inspected(image, options.inspect);
    looks.set(number, looked);
    looked.then(
      ({ finding }) => isProblem(finding?.kind) || looks.delete(number),
      () => undefined, // met where its turn comes
    );
    return { image, isFirst: true, looked };
  };

  const finish = async (index: number, example: ExampleOf[Form], pictures: readonly Look[]) => {
    const id = idOf(example);
    const first = id === undefined ? undefined : ids.findOrAdd(id, index);
    if (id !== undefined && first !== undefined) {
      const message = `id ${id} is that of example ${first} too`;
      remarks.push({ split, index, id, where: pictures[0]?.image.where ?? "", kind: "duplicate", message });
    }
    let isBad = false;
    for (const { image, isFirst, looked } of pictures) {
      const { finding, digest } = (await looked) ?? {};
      const about = { split, index, id: id ?? image.id, where: image.where };
      if (finding !== undefined && isProblem(finding.kind)) {
        if (!isBad) problems.push({ ...about, ...finding });
        isBad = true;
      } else if (isFirst) {
        if (finding !== undefined) remarks.push({ ...about, ...finding });
        const original = digest && contents.findOrAdd(digest, index);
        if (original !== undefined) {
          const message = `${image.where}: the same bytes as a picture of example ${original}`;
          remarks.push({ ...about, kind: "duplicate", message });
        }
      }
    }
  };

  const start = async (index: number): Promise<() => Promise<void>> => {
    try {
      const example = await table.get(index);
      const pictures = imagesOf(example).map(lookAt);
      return () => finish(index, example, pictures);
    } catch (error) {
      const { fields, message } = dataError(error);
      return async () => {
        problems.push({ split, index, id: "", where: fields.where, kind: "record", message });
      };
    }
  };

  const line = progress({ label: `check ${split}`, total: table.size, unit: "examples" });
  const running: (() => Promise<void>)[] = [];
  let done = 0;
  try {
    for (let index = 0; index < table.size || running.length > 0; ) {
      if (index < table.size) running.push(await start(index++));
      if (index < table.size && running.length < atOnce) continue;
      await running.shift()?.();
      done++;
      line.update(done, problems.length === 0 ? {} : { problems: problems.length });
    }
  } finally {
    line.finish();
  }
  if (published !== undefined && published !== table.size) {
    const message = `${table.size} examples, published are ${published}`;
    remarks.unshift({ split, id: "", where: split, kind: "count", message });
  }
  const counted = { split, examples: table.size, pictures: places.size };
  return { ...counted, ...(published === undefined ? {} : { published }), problems, remarks };
}

const isProblem = (kind: FindingKind | undefined) => kind !== undefined && kind !== "mislabelled";

async function inspected(image: StoredImage, inspect: CheckOptions["inspect"]): Promise<Looked> {
  let bytes: Uint8Array;
  try {
    bytes = await image.read();
  } catch (error) {
    const { fields, message } = dataError(error);
    const kind = fields.got === noFile ? "missing" : noBytes.includes(fields.got ?? "") ? "empty" : "record";
    return { finding: { kind, message } };
  }
  const digest = createHash("sha256").update(bytes).digest();
  return { finding: await inspect(bytes, image), digest };
}

/** Errors of the data are findings, others end the check. */
function dataError(error: unknown): BifocalError {
  if (error instanceof BifocalError && error.fields.code === "data") return error;
  throw error;
}

/** What the makers call an example, where they do. */
function idOf(example: ExampleOf[Form]): string | undefined {
  if ("questionId" in example) return example.questionId;
  return "id" in example ? example.id : undefined;
}
