import { basename } from "node:path";
import { fail } from "../core/index.ts";
import { type ArrowFile, openArrowFile } from "../files/arrow-file.ts";
import type { Cell } from "../files/cell.ts";
import { concatTables } from "../files/concat-tables.ts";
import type { Table } from "../files/table.ts";
import { cellImage, type ExampleRow, exampleRow } from "./example-row.ts";
import type {
  Box,
  CaptionExample,
  EntailmentExample,
  PairStatementExample,
  ReferringExample,
  RegionExample,
  ScoredQuestionExample,
  StoredImage,
} from "./examples.ts";
import { fieldsOf } from "./fields.ts";

/**
 * The Arrow files that the scripts of ViLT, METER and Renaissance write (`write_*.py`), as they are: a row is a
 * picture with all its texts. Several files are read as one table, in the order given.
 */

/** coco_caption_karpathy_*, f30k_caption_karpathy_*, sbu_*, conceptual_caption_*: a row is an example. */
export function arrowCaptions(paths: readonly string[]): Promise<Table<CaptionExample>> {
  return joined(paths, async (file) =>
    rowTable(file, ["caption", "image_id"], (row, index) => ({
      image: imageAt(file, index, "image", row.id("image_id")),
      captions: row.texts("caption"),
    })),
  );
}

/** vg: region phrases with their boxes; a row is an example. */
export function arrowRegions(paths: readonly string[]): Promise<Table<RegionExample>> {
  return joined(paths, async (file) =>
    rowTable(file, ["caption", "x", "y", "width", "height", "image_id"], (row, index) => {
      const captions = row.texts("caption");
      const sides = (["x", "y", "width", "height"] as const).map((name) => listIn(row, name));
      const boxes = captions.map((_, i) =>
        asBox(
          sides.map((side) => side[i]),
          row.where,
        ),
      );
      return { image: imageAt(file, index, "image", row.id("image_id")), captions, boxes };
    }),
  );
}

/** vqav2_*: an example is a question. */
export function arrowQuestions(paths: readonly string[]): Promise<Table<ScoredQuestionExample>> {
  const columns = [
    "questions",
    "answers",
    "answer_labels",
    "answer_scores",
    "image_id",
    "question_id",
  ] as const;
  return joined(paths, async (file) =>
    itemTable(file, "questions", columns, (row, index, item) => {
      const answers = listAt(row, "answers", item);
      const labels = listAt(row, "answer_labels", item);
      const scores = listAt(row, "answer_scores", item);
      return {
        image: imageAt(file, index, "image", row.id("image_id")),
        questionId: fieldsOf({ question_id: at(row, "question_id", item) }, row.where).id("question_id"),
        question: textAt(row, "questions", item),
        answers: answers.map((answer, i) => {
          const all = fieldsOf({ answer, label: labels[i], score: scores[i] }, row.where);
          return { answer: all.text("answer"), label: all.number("label"), score: all.number("score") };
        }),
      };
    }),
  );
}

/** nlvr2_*: an example is a sentence; its id is the pair's with the sentence's place in the row. */
export function arrowPairStatements(paths: readonly string[]): Promise<Table<PairStatementExample>> {
  return joined(paths, async (file) =>
    itemTable(file, "questions", ["questions", "answers", "identifier"], (row, index, item) => {
      const answer = fieldsOf({ answers: textAt(row, "answers", item) }, row.where);
      const id = row.id("identifier");
      return {
        images: [
          imageAt(file, index, "image_0", `${id}-img0`),
          imageAt(file, index, "image_1", `${id}-img1`),
        ],
        id: `${id}-${item}`,
        sentence: textAt(row, "questions", item),
        label: answer.oneOf("answers", ["True", "False"]) === "True",
      };
    }),
  );
}

/** The numbers of the labels in snli_* files (METER's `write_snli.py`). */
const entailmentLabels = ["contradiction", "neutral", "entailment"] as const;

/** snli_*: an example is a hypothesis. The files name neither pictures nor sentences: ids are file, row and place. */
export function arrowEntailment(paths: readonly string[]): Promise<Table<EntailmentExample>> {
  return joined(paths, async (file) =>
    itemTable(file, "sentences", ["sentences", "labels"], (row, index, item) => {
      const [, hypothesis] = listAt(row, "sentences", item);
      const number = at(row, "labels", item);
      const label = typeof number === "number" ? entailmentLabels[number] : undefined;
      if (label === undefined) {
        fail("data", row.where, { expected: "labels 0, 1 or 2", got: JSON.stringify(number) });
      }
      return {
        image: imageAt(file, index, "image", rowId(file, index)),
        id: `${rowId(file, index)}-${item}`,
        hypothesis: fieldsOf({ hypothesis }, row.where).text("hypothesis"),
        label,
      };
    }),
  );
}

/** refcoco_*: a row is an example; ids are file and row. */
export function arrowReferring(paths: readonly string[]): Promise<Table<ReferringExample>> {
  return joined(paths, async (file) =>
    rowTable(file, ["sentences", "bboxes", "labels"], (row, index) => {
      const candidates = listIn(row, "bboxes").map((box) =>
        asBox(Array.isArray(box) ? (box as readonly Cell[]) : [], row.where),
      );
      const target = row.number("labels");
      if (candidates[target] === undefined) {
        fail("data", row.where, {
          expected: `a label among ${candidates.length} boxes`,
          got: String(target),
        });
      }
      const id = rowId(file, index);
      return {
        image: imageAt(file, index, "image", id),
        id,
        expressions: row.texts("sentences"),
        candidates,
        target,
      };
    }),
  );
}

async function joined<E>(
  paths: readonly string[],
  open: (file: ArrowFile) => Promise<Table<E>>,
): Promise<Table<E>> {
  const tables: Table<E>[] = [];
  for (const path of paths) tables.push(await open(await openArrowFile(path)));
  return concatTables(tables);
}

async function rowAt(file: ArrowFile, index: number, columns: readonly string[]): Promise<ExampleRow> {
  return exampleRow(await file.row(index, columns), `${file.path} row ${index}`);
}

function rowTable<E>(
  file: ArrowFile,
  columns: readonly string[],
  example: (row: ExampleRow, index: number) => E,
): Table<E> {
  return { size: file.rows, get: async (index) => example(await rowAt(file, index, columns), index) };
}

/** One example for each item of a list column. */
async function itemTable<E>(
  file: ArrowFile,
  list: string,
  columns: readonly string[],
  example: (row: ExampleRow, index: number, item: number) => E,
): Promise<Table<E>> {
  const ends = await file.listEnds(list);
  return {
    size: ends.at(-1) ?? 0,
    get: async (index) => {
      const row = firstAbove(ends, index);
      return example(await rowAt(file, row, columns), row, index - (ends[row - 1] ?? 0));
    },
  };
}

/** The first place whose value is larger; values grow. */
function firstAbove(values: Float64Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function rowId(file: ArrowFile, index: number): string {
  return `${basename(file.path, ".arrow")}-${index}`;
}

function imageAt(file: ArrowFile, index: number, column: string, id: string): StoredImage {
  return cellImage(id, `${file.path} row ${index} column ${column}`, async () => {
    const cells = await file.row(index, [column]);
    return cells[column] ?? null;
  });
}

function listIn(row: ExampleRow, name: string): readonly Cell[] {
  const list = row.value(name);
  if (Array.isArray(list)) return list as readonly Cell[];
  return fail("data", `${row.where} column ${name}`, { expected: "a list", got: typeof list });
}

function at(row: ExampleRow, name: string, item: number): Cell {
  const list = listIn(row, name);
  const value = list[item];
  if (value !== undefined) return value;
  return fail("data", `${row.where} column ${name}`, {
    expected: `an item for text ${item}`,
    got: `${list.length} items`,
  });
}

/** A list within a list; for held back answers the outer one is empty. */
function listAt(row: ExampleRow, name: string, item: number): readonly Cell[] {
  if (listIn(row, name).length === 0) return [];
  const value = at(row, name, item);
  if (Array.isArray(value)) return value;
  return fail("data", `${row.where} column ${name}`, { expected: "a list of lists", got: typeof value });
}

function textAt(row: ExampleRow, name: string, item: number): string {
  return fieldsOf({ [name]: at(row, name, item) }, row.where).text(name);
}

function asBox(sides: readonly (Cell | undefined)[], where: string): Box {
  const [x, y, width, height] = sides;
  const isNumber = (value: unknown) => typeof value === "number";
  if (isNumber(x) && isNumber(y) && isNumber(width) && isNumber(height) && sides.length === 4) {
    return [x, y, width, height];
  }
  return fail("data", where, { expected: "boxes of four numbers", got: JSON.stringify(sides) });
}
