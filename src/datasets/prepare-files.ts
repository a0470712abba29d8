import { allocate } from "../core/dtype.ts";
import { fail } from "../core/index.ts";
import { concatTables } from "../files/concat-tables.ts";
import { progress } from "../files/progress.ts";
import type { Table } from "../files/table.ts";
import { commonest, findAnswers, type Questions } from "./answer-list.ts";
import type { DataUse } from "./data-use.ts";
import type { ExampleOf, Form } from "./examples.ts";
import { type FilesConfig, hasSeveralAnnotators, placeOfPart } from "./files-config.ts";
import { leavingOut, type SkipReports, skipReports } from "./skip-reports.ts";
import { partsByRole, rangeOf, type SplitPart } from "./split-parts.ts";
import { storedDataset } from "./stored-dataset.ts";

/** What of a data set in files is found out once and sent to every thread that opens it. */
export interface PreparedFiles {
  readonly kind: "files";
  readonly config: FilesConfig;
  readonly form: Form;
  readonly answers: readonly string[];
  readonly splits: Readonly<Record<string, PreparedSplit>>;
}

/** A split as a run sees it. */
export interface PreparedSplit {
  readonly size: number;
  readonly parts: readonly PreparedPart[];
  /** Rows of the parts, one after the other, that are used; absent for all of them. */
  readonly rows?: Int32Array;
  /** Which of a row's expressions an example is, where rows have several. */
  readonly items?: Int32Array;
}

/** Rows `first` to before `end` of what a reader opens. */
export interface PreparedPart {
  readonly split: string;
  readonly path: string;
  readonly first: number;
  readonly end: number;
  /** Whole paths of files that are left out since they do not open. */
  readonly without: readonly string[];
}

/** A part's rows. */
export function partOfTable<E>(table: Table<E>, { first, end }: PreparedPart): Table<E> {
  return { size: end - first, get: (index) => table.get(first + index) };
}

interface OpenedPart extends PreparedPart {
  readonly form: Form;
  readonly table: Table<ExampleOf[Form]>;
  /** Rows of the whole table that reports name. */
  readonly skipped: ReadonlySet<number>;
}

/**
 * Opens the splits that are asked for and finds which of their rows are used: not those that `skip` names, one for each
 * expression, and in training no question none of whose answers can be given. Splits the data set lacks are left out.
 * @throws BifocalError when files are missing or malformed, or a split that selects or tests is trained on.
 */
export async function prepareFiles(config: FilesConfig, use: DataUse): Promise<PreparedFiles> {
  const own = storedDataset(config.name);
  const roles = partsByRole(Object.keys(own.splits), config.splits);
  const places = Object.values(roles).flatMap((parts) => parts.map(({ name }) => placeOfPart(config, name)));
  const reports = await skipReports(config, config.skip === undefined ? [] : places);
  const opened = new Map<string, Promise<OpenedPart>>();
  const open = (part: SplitPart) => {
    const key = JSON.stringify(part);
    const known = opened.get(key) ?? openPart(config, part, reports);
    opened.set(key, known);
    return known;
  };
  const present = use.splits.filter((role) => roles[role] !== undefined);
  const parts = new Map<string, readonly OpenedPart[]>();
  for (const role of present) parts.set(role, await Promise.all(roles[role]!.map(open)));
  if (use.training) refuseOverlaps(config, roles, parts);
  const forms = [...new Set([...parts.values()].flat().map((part) => part.form))];
  const form = forms[0] ?? (own.form === "any" ? config.form : own.form);
  if (form === undefined || forms.length > 1) {
    fail("config", `${config.name}, data.splits`, {
      expected: "parts of one form",
      got: forms.join(", ") || `none for ${use.splits.join(", ")}`,
      todo: "name files for every split: data.splits.train=train.csv",
    });
  }
  const answers = await answersFor(config, form, use, parts.get("train"));
  const given = new Set(answers);
  const splits: Record<string, PreparedSplit> = {};
  for (const [role, found] of parts) splits[role] = await usedRows(config, role, found, use, given);
  return { kind: "files", config, form, answers, splits };
}

async function openPart(config: FilesConfig, part: SplitPart, reports: SkipReports): Promise<OpenedPart> {
  const place = placeOfPart(config, part.name);
  const { form, columns, pictures } = config;
  const without = reports.filesOf(place);
  const damagedFile = leavingOut(without);
  const opened = await storedDataset(config.name).open(place.split, place.path, {
    ...{ form, columns, pictures, damagedFile },
  });
  const { size } = opened.table;
  return { ...opened, ...place, without, skipped: reports.rowsOf(place, size), ...rangeOf(part, size) };
}

/** A part's rows but for those that reports name. */
function usableRows({ table, first, end, skipped }: OpenedPart): Table<ExampleOf[Form]> {
  const rows = Array.from({ length: end - first }, (_, i) => first + i).filter((row) => !skipped.has(row));
  return { size: rows.length, get: (index) => table.get(rows[index]!) };
}

/** Selection and tests say nothing of what was trained on, and tests nothing of what selected (design: honest evaluation). */
function refuseOverlaps(
  config: FilesConfig,
  roles: Readonly<Record<string, readonly SplitPart[]>>,
  opened: ReadonlyMap<string, readonly OpenedPart[]>,
): void {
  const apart = ["train", "val"].flatMap((role) => (opened.get(role) ?? []).map((part) => ({ role, part })));
  for (const { role, part } of apart) {
    for (const [other, parts] of Object.entries(roles)) {
      if (other === role || !(other === "val" || other === "train" || other.startsWith("test"))) continue;
      for (const second of parts) {
        const place = placeOfPart(config, second.name);
        if (place.split !== part.split || place.path !== part.path) continue;
        const range = rangeOf(second, part.table.size);
        if (range.first >= part.end || part.first >= range.end) continue;
        fail("config", `data.splits.${role}`, {
          expected: `examples that ${other} has not`,
          got: `some of ${second.name} in both`,
          todo: "divide it, as in train[:-500] and train[-500:]",
        });
      }
    }
  }
}

async function answersFor(
  config: FilesConfig,
  form: Form,
  use: DataUse,
  training: readonly OpenedPart[] | undefined,
): Promise<readonly string[]> {
  if (use.answers !== undefined) return use.answers;
  if (form === "sentences") return storedDataset(config.name).classes ?? [];
  if (form !== "questions" && form !== "scored questions" && form !== "classes") return [];
  if (training === undefined) {
    return fail("config", "data.answers", {
      expected: "a file of answers, or a split train to take them from",
      got: "neither",
    });
  }
  const table = concatTables(training.map(usableRows));
  if (form === "classes") return labelsOf(table as Table<ExampleOf["classes"]>);
  return findAnswers(config, table as Questions, use.normalizeAnswer);
}

/** Every label of the training pictures, sorted. */
async function labelsOf(training: Table<ExampleOf["classes"]>): Promise<readonly string[]> {
  const labels = new Set<string>();
  const bar = progress({ label: "read labels", total: training.size, unit: "examples" });
  for (let row = 0; row < training.size; row++) {
    labels.add((await training.get(row)).label);
    bar.update(row + 1);
  }
  bar.finish();
  return [...labels].sort();
}

type AnyQuestion = ExampleOf["questions" | "scored questions"];

async function usedRows(
  config: FilesConfig,
  role: string,
  opened: readonly OpenedPart[],
  use: DataUse,
  given: ReadonlySet<string>,
): Promise<PreparedSplit> {
  const parts = opened.map(({ split, path, first, end, without }) => ({ split, path, first, end, without }));
  const table = concatTables(opened.map((part) => partOfTable(part.table, part)));
  const form = opened[0]?.form;
  const { name } = config;
  const several = hasSeveralAnnotators(config);
  const asked = use.training && (form === "questions" || form === "scored questions");
  const skipped = new Set<number>();
  let start = 0;
  for (const part of opened) {
    for (const row of part.skipped)
      if (row >= part.first && row < part.end) skipped.add(start + row - part.first);
    start += part.end - part.first;
  }
  const files = parts.reduce((sum, { without }) => sum + without.length, 0);
  if (use.quiet !== true && files > 0)
    process.stderr.write(`${name} ${role}: files left out that do not open, as data.skip says: ${files}\n`);
  const isRead = asked || form === "referring";
  if (!isRead && skipped.size === 0) return { size: table.size, parts };
  const rows: number[] = [];
  const items: number[] = [];
  let unanswered = 0;
  const bar = progress({ label: `read ${name} ${role}`, total: table.size, unit: "examples" });
  for (let row = 0; row < table.size; row++) {
    bar.update(row);
    if (skipped.has(row)) continue;
    const example = isRead ? await table.get(row) : undefined;
    if (asked && !canAnswer(example as AnyQuestion, given, several)) {
      unanswered++;
      continue;
    }
    const count = form === "referring" ? (example as ExampleOf["referring"]).expressions.length : 1;
    for (let item = 0; item < count; item++) {
      rows.push(row);
      items.push(item);
    }
  }
  bar.update(table.size);
  bar.finish();
  if (use.quiet !== true) {
    tell(`${name} ${role}`, skipped.size, "examples that data.skip names", table.size);
    tell(`${name} ${role}`, unanswered, "questions none of whose answers a model can give", table.size);
  }
  return {
    size: rows.length,
    parts,
    rows: sharedInts(rows),
    ...(form === "referring" && { items: sharedInts(items) }),
  };
}

/** Whether a model is told that some answer is right. */
function canAnswer({ answers = [] }: AnyQuestion, given: ReadonlySet<string>, several: boolean): boolean {
  const texts = answers.map((answer) => (typeof answer === "string" ? answer : answer.answer));
  return several ? texts.some((text) => given.has(text)) : texts.length > 0 && given.has(commonest(texts));
}

function tell(where: string, count: number, what: string, of: number): void {
  if (count > 0) process.stderr.write(`${where}: ${count} of ${of} left out, ${what}\n`);
}

function sharedInts(values: readonly number[]): Int32Array {
  const result = allocate("i32", values.length, true) as Int32Array;
  result.set(values);
  return result;
}
