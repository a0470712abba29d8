import { fail, nearest } from "../core/index.ts";
import { mapTable, type Table } from "../files/table.ts";
import { type ExampleRow, exampleRow } from "./example-row.ts";
import type { Box, ExampleOf, StoredImage } from "./examples.ts";
import { type PictureForm, packLayouts } from "./pack-layout.ts";

/** Examples of any form from rows with named columns: Parquet files, a user's lists, and what `pack` wrote. */

/** What an example is made of: its fields by their own names, its pictures, and a name for what has none. */
export interface FoundFields {
  readonly row: ExampleRow;
  readonly images: readonly StoredImage[];
  readonly key: string;
}

type Making = { readonly [F in PictureForm]: (found: FoundFields) => ExampleOf[F] };

const makingOf: Making = {
  captions: ({ row, images }) => ({ image: images[0]!, captions: row.texts("captions") }),
  regions: ({ row, images }) => ({
    image: images[0]!,
    captions: row.texts("captions"),
    boxes: boxesAt(row, "boxes"),
  }),
  questions: ({ row, images, key }) => ({
    image: images[0]!,
    questionId: row.has("questionId") ? row.id("questionId") : key,
    question: row.text("question"),
    ...(row.has("questionType") ? { questionType: row.text("questionType") } : {}),
    ...(row.has("answers") ? { answers: row.texts("answers") } : {}),
    ...(row.has("answerType") ? { answerType: row.text("answerType") } : {}),
  }),
  "scored questions": ({ row, images, key }) => ({
    image: images[0]!,
    questionId: row.has("questionId") ? row.id("questionId") : key,
    question: row.text("question"),
    answers: withJson(row, "answers")
      .records("answers")
      .map((answer) => ({
        answer: answer.text("answer"),
        label: answer.number("label"),
        score: answer.number("score"),
      })),
  }),
  "pair statements": ({ row, images, key }) => ({
    images: [images[0]!, images[1]!],
    id: idOf(row, key),
    sentence: row.text("sentence"),
    label: truthAt(row, "label"),
  }),
  entailment: ({ row, images, key }) => ({
    image: images[0]!,
    id: idOf(row, key),
    hypothesis: row.text("hypothesis"),
    label: row.oneOf("label", ["entailment", "neutral", "contradiction"]),
  }),
  referring: ({ row, images, key }) => {
    const candidates = boxesAt(row, "candidates");
    const target = withJson(row, "target").number("target");
    if (candidates[target] === undefined) {
      fail("data", row.where, {
        expected: `"target" among ${candidates.length} candidates`,
        got: String(target),
      });
    }
    return {
      image: images[0]!,
      id: idOf(row, key),
      expressions: row.texts("expressions"),
      candidates,
      target,
    };
  },
  memes: ({ row, images, key }) => ({
    image: images[0]!,
    id: idOf(row, key),
    text: row.text("text"),
    ...(row.has("hateful") ? { hateful: truthAt(row, "hateful") } : {}),
  }),
  classes: ({ row, images }) => ({
    image: images[0]!,
    label: row.id("label"),
    class: withJson(row, "class").number("class"),
  }),
};

/** The example of a row. @throws BifocalError "data" naming the row and the field that does not fit. */
export function exampleOfFields<F extends PictureForm>(form: F, found: FoundFields): ExampleOf[F] {
  return makingOf[form](found);
}

function idOf(row: ExampleRow, key: string): string {
  return row.has("id") ? row.id("id") : key;
}

/** The same row with a field that may be JSON text as what that says. */
function withJson(row: ExampleRow, name: string): ExampleRow {
  const value = row.value(name);
  if (typeof value !== "string") return row;
  try {
    return exampleRow({ [name]: JSON.parse(value) }, row.where);
  } catch {
    return fail("data", row.where, { expected: `"${name}" as JSON`, got: value.slice(0, 80) });
  }
}

function truthAt(row: ExampleRow, name: string): boolean {
  const value = row.value(name);
  const text = String(value).toLowerCase();
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  return fail("data", row.where, {
    expected: `"${name}" as true or false`,
    got: JSON.stringify(value) ?? "none",
  });
}

function boxesAt(row: ExampleRow, name: string): readonly Box[] {
  const { [name]: boxes } = { [name]: withJson(row, name).value(name) };
  const isBox = (box: unknown): box is Box =>
    Array.isArray(box) && box.length === 4 && box.every((side) => Number.isFinite(side));
  if (Array.isArray(boxes) && boxes.every(isBox)) return boxes;
  return fail("data", row.where, {
    expected: `"${name}" as a list of boxes of four numbers`,
    got: JSON.stringify(boxes)?.slice(0, 80) ?? "none",
  });
}

/** Rows of a file or of several with the same columns. */
export interface RowSource {
  /** For messages. */
  readonly where: string;
  readonly columns: readonly string[];
  /** Reads no other columns than these. */
  rows(columns: readonly string[]): Table<SourceRow>;
}

/** One row, by the file's own names of columns. */
export interface SourceRow {
  readonly row: ExampleRow;
  /** Names the row within its source. */
  readonly key: string;
  /** The picture of a column, named `id` unless the row has a name for it. */
  image(column: string, id?: string): StoredImage;
}

/** Columns by the fields they hold: {image: "jpg", captions: "text"}. */
export type ColumnNames = Readonly<Record<string, string>>;

/** What columns are called where nobody says: the first that is there is taken. */
const usualNames: Readonly<Record<string, readonly string[]>> = {
  image: [
    "image",
    "jpg",
    "png",
    "img",
    "picture",
    "path",
    "file",
    "filename",
    "file_name",
    "filepath",
    "image_path",
  ],
  image_0: ["image_0", "left", "left_image", "image0"],
  image_1: ["image_1", "right", "right_image", "image1"],
  imageId: ["image_id", "imageId"],
  captions: ["captions", "caption", "text", "txt", "title", "description"],
  questionId: ["questionId", "question_id", "qid"],
  questionType: ["questionType", "question_type"],
  answers: ["answers", "answer"],
  answerType: ["answerType", "answer_type"],
  expressions: ["expressions", "expression", "sentences"],
  candidates: ["candidates", "boxes"],
  text: ["text", "caption"],
  hateful: ["hateful", "label"],
  label: ["label", "class", "category"],
};

const optional = new Set(["questionId", "questionType", "answerType", "id", "class", "hateful", "imageId"]);
const optionalHere: Partial<Record<PictureForm, readonly string[]>> = { questions: ["answers"] };

/** The form that the names of columns tell, undefined where they tell none. */
export function formOfColumns(columns: readonly string[]): PictureForm | undefined {
  const has = (field: string) => (usualNames[field] ?? [field]).some((name) => columns.includes(name));
  if (columns.includes("target") && has("expressions")) return "referring";
  if (has("image_0") && columns.includes("sentence")) return "pair statements";
  if (columns.includes("boxes") && has("captions")) return "regions";
  if (columns.includes("hypothesis")) return "entailment";
  if (columns.includes("question")) return "questions";
  if (columns.includes("hateful")) return "memes";
  if (has("captions")) return "captions";
  return has("label") ? "classes" : undefined;
}

/**
 * The examples of a source; columns without the usual names are named by `given`.
 * @throws BifocalError "usage" for a column that is not there.
 */
export async function rowExamples<F extends PictureForm>(
  source: RowSource,
  form: F,
  given: ColumnNames = {},
): Promise<Table<ExampleOf[F]>> {
  const { pictures, fields } = packLayouts[form];
  const wanted = [...pictures, "imageId", ...Object.keys(fields)];
  const odd = Object.keys(given).find((field) => !wanted.includes(field));
  if (odd !== undefined) {
    fail("usage", source.where, {
      expected: `columns for ${wanted.join(", ")}`,
      got: `one for ${odd}`,
      todo: `did you mean ${nearest(odd, wanted)}?`,
    });
  }
  const isOptional = (field: string) => optional.has(field) || optionalHere[form]?.includes(field) === true;
  const named = new Map<string, string>();
  for (const field of wanted) {
    const column =
      given[field] ?? (usualNames[field] ?? [field]).find((name) => source.columns.includes(name));
    if (column !== undefined && source.columns.includes(column)) named.set(field, column);
    else if (given[field] !== undefined || !isOptional(field)) missing(source, field, given[field]);
  }
  const cells = [...named].filter(([field]) => !pictures.includes(field));
  const table = source.rows([...new Set(cells.map(([, column]) => column))]);
  const found = mapTable(table, ({ row, key, image }): FoundFields => {
    const values = Object.fromEntries(cells.map(([field, column]) => [field, row.value(column)]));
    const fieldsOfRow = exampleRow(values, row.where);
    const ids = idsOf(fieldsOfRow, pictures.length);
    return {
      row: fieldsOfRow,
      key,
      images: pictures.map((picture, i) => image(named.get(picture)!, ids[i])),
    };
  });
  if (form !== "classes" || named.has("class")) {
    return mapTable(found, (fieldsFound) => exampleOfFields(form, fieldsFound));
  }
  const places = await classesOf(found);
  return mapTable(found, (fieldsFound) => {
    const { row } = fieldsFound;
    const label = row.id("label");
    const values = { label, class: places.get(label) };
    return exampleOfFields(form, { ...fieldsFound, row: exampleRow(values, row.where) });
  });
}

/** A class is its label's place when sorted; every row is read once. */
async function classesOf(found: Table<FoundFields>): Promise<Map<string, number>> {
  const labels = new Set<string>();
  for (let index = 0; index < found.size; index++) {
    const { row } = await found.get(index);
    labels.add(row.id("label"));
  }
  return new Map([...labels].sort().map((label, i) => [label, i]));
}

function idsOf(row: ExampleRow, pictures: number): readonly string[] {
  if (!row.has("imageId")) return [];
  return pictures === 1 ? [row.id("imageId")] : row.texts("imageId");
}

function missing(source: RowSource, field: string, column: string | undefined): never {
  const name = column ?? field;
  return fail("usage", source.where, {
    expected: column === undefined ? `a column for ${field}` : `a column ${column}`,
    got: source.columns.join(", "),
    todo:
      column === undefined
        ? `name it: --column ${field}=NAME`
        : `did you mean ${nearest(name, source.columns)}?`,
  });
}
