import { fail, type Shape, showShape, sizeOf } from "../core/index.ts";
import { repeatedKey } from "./json-keys.ts";
import { type StoredDtype, storedBytes } from "./tensor-file.ts";

/** The JSON header of a safetensors file, checked before anything of the size it claims is allocated. */

/** A tensor's place: `start` and `end` in bytes from the beginning of the file. */
export interface PlacedTensor {
  readonly dtype: StoredDtype;
  readonly shape: Shape;
  readonly start: number;
  readonly end: number;
}

/** What a checked header says; without `__metadata__` the metadata is empty. */
export interface Header {
  readonly tensors: ReadonlyMap<string, PlacedTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Parses the header of a file of `fileBytes` bytes. The format wants the data covered exactly: tensors follow each
 * other without hole or overlap and end where the file ends. @throws BifocalError "checkpoint".
 */
export function parseHeader(bytes: Buffer, fileBytes: number, path: string): Header {
  const text = bytes.toString("utf8");
  const json = parseJson(text, path);
  const repeated = repeatedKey(text);
  if (repeated !== undefined) defect(path, "each name once", `${repeated} twice`);

  const dataStart = 8 + bytes.length;
  const tensors = new Map<string, PlacedTensor>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(json)) {
    if (name === "__metadata__") metadata = checkMetadata(value, path);
    else tensors.set(name, place(value, dataStart, `${path} at ${name}`));
  }
  checkCover(tensors, dataStart, fileBytes, path);
  return { tensors, metadata };
}

function defect(where: string, expected: string, got: string): never {
  fail("checkpoint", where, {
    expected,
    got,
    todo: "the file is damaged or no safetensors file; fetch or save it again",
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(text: string, path: string): Record<string, unknown> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  if (!isObject(json)) defect(path, "a header that is a JSON object", JSON.stringify(text.slice(0, 40)));
  return json;
}

function checkMetadata(value: unknown, path: string): Record<string, string> {
  const where = `${path} at __metadata__`;
  if (!isObject(value)) defect(where, "an object of strings", JSON.stringify(value));
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) =>
      typeof entry === "string" ? [key, entry] : defect(where, `a string for ${key}`, typeof entry),
    ),
  );
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRange(value: unknown): value is [number, number] {
  return Array.isArray(value) && value.length === 2 && value.every(isCount) && value[0]! <= value[1]!;
}

function isStoredDtype(name: string): name is StoredDtype {
  return Object.hasOwn(storedBytes, name);
}

function place(value: unknown, dataStart: number, where: string): PlacedTensor {
  if (!isObject(value)) defect(where, "an object with dtype, shape and data_offsets", JSON.stringify(value));
  const { dtype: label, shape, data_offsets: offsets } = value;
  const dtype = typeof label === "string" ? label.toLowerCase() : "";
  if (!isStoredDtype(dtype)) {
    fail("checkpoint", where, {
      expected: `dtype ${Object.keys(storedBytes).join(", ").toUpperCase()}`,
      got: String(label),
      todo: "convert the tensor to one of these",
    });
  }
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    defect(where, "a shape of whole numbers", JSON.stringify(shape));
  }
  if (!isRange(offsets)) {
    defect(where, "data_offsets [begin, end]", JSON.stringify(offsets));
  }
  const [begin, end] = offsets;
  const bytes = sizeOf(shape) * storedBytes[dtype];
  if (end - begin !== bytes) {
    defect(where, `${bytes} bytes for ${dtype} ${showShape(shape)}`, `offsets spanning ${end - begin}`);
  }
  return { dtype, shape, start: dataStart + begin, end: dataStart + end };
}

function checkCover(
  tensors: ReadonlyMap<string, PlacedTensor>,
  dataStart: number,
  fileBytes: number,
  path: string,
): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  let covered = dataStart;
  for (const [name, { start, end }] of inOrder) {
    if (start !== covered) {
      const kind = start < covered ? "an overlap with the tensor before" : "a hole before";
      defect(`${path} at ${name}`, `data from byte ${covered - dataStart}`, `${kind}, ${start - dataStart}`);
    }
    covered = end;
  }
  if (covered > fileBytes) {
    fail("checkpoint", path, {
      expected: `${covered} bytes`,
      got: `a file of ${fileBytes}`,
      todo: "the file is truncated; fetch or save it again",
    });
  }
  if (covered < fileBytes) defect(path, `${covered} bytes`, `a file of ${fileBytes}`);
}
