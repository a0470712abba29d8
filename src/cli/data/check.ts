import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { BifocalError } from "../../core/errors.ts";
import type { CheckFinding, CheckReport } from "../../datasets/check-report.ts";
import type { CheckedTable } from "../../datasets/check-table.ts";
import { writeTextAtomic } from "../../files/atomic.ts";
import { printResult, table } from "../verb.ts";
import { type SourceFlags, sourceOptions, sourceVerb } from "./source.ts";

interface CheckFlags extends SourceFlags {
  readonly report?: string;
}

/** How many findings are told; the report has all. */
const told = 20;

/** `bifocal data check` */
export const checkData = sourceVerb("check", "read every record and picture, and say what cannot be used", [
  "data check coco-captions /data/coco --split val",
  "data check vqav2 /data/vqa --report vqa-report.json",
  "data check csv products.csv --column image=photo --column captions=title",
])
  .option("--report <file>", "all findings as JSON, which data.skip of a recipe reads")
  .addHelpText("after", "\nExit code 0 where every example can be used, 2 where one cannot.")
  .action(async (name: string, root: string, flags: CheckFlags) => {
    const report = await check(name, root, flags);
    const { report: file } = flags;
    if (file !== undefined) await writeTextAtomic(file, `${JSON.stringify(report, null, 1)}\n`);
    if (report.problems.length > 0) process.exitCode = 2;
    printResult(flags.json, report, linesOf(report, file));
  });

async function check(name: string, root: string, flags: CheckFlags): Promise<CheckReport> {
  const [{ storedDataset }, { checkTable }, { pictureChecker }] = await Promise.all([
    import("../../datasets/stored-dataset.ts"),
    import("../../datasets/check-table.ts"),
    import("../../data/check-picture.ts"),
  ]);
  const dataset = storedDataset(name);
  const options = await sourceOptions(flags);
  const splits = flags.split === undefined ? Object.keys(dataset.splits) : [flags.split];
  const look = pictureChecker();
  const checked: CheckedTable[] = [];
  const closed: CheckFinding[] = [];
  for (const split of splits) {
    let opened: Awaited<ReturnType<typeof dataset.open>>;
    try {
      const damagedFile = ({ message }: BifocalError, path: string) => {
        closed.push({ split, id: "", where: resolve(path), kind: "file", message });
      };
      opened = await dataset.open(split, root, { ...options, damagedFile });
    } catch (error) {
      // One split of several may be all that somebody has; that none opens is another matter.
      if (splits.length === 1 || !(error instanceof BifocalError) || error.fields.code !== "data")
        throw error;
      const { message, fields } = error;
      closed.push({ split, id: "", where: fields.where, kind: "split", message });
      if (closed.length === splits.length) throw error;
      continue;
    }
    checked.push(
      await checkTable(opened.table, {
        split,
        published: dataset.splits[split],
        inspect: (bytes, { where }) => look(bytes, where),
        atOnce: 4 * availableParallelism(),
      }),
    );
  }
  return {
    dataset: name,
    split: splits.join(","),
    root: resolve(root),
    examples: checked.reduce((sum, { examples }) => sum + examples, 0),
    splits: checked.map(({ problems: _, remarks: __, ...split }) => split),
    problems: [...closed, ...checked.flatMap(({ problems }) => problems)],
    remarks: checked.flatMap(({ remarks }) => remarks),
  };
}

function linesOf({ splits, problems, remarks }: CheckReport, file: string | undefined): string[] {
  const countOf = (split: string) => problems.filter((problem) => problem.split === split).length;
  return [
    ...table([
      ["split", "examples", "published", "pictures", "problems"],
      ...splits.map(({ split, examples, published, pictures }) =>
        [split, examples, published ?? "not known", pictures, countOf(split)].map(String),
      ),
    ]),
    ...findings("problems: these examples cannot be used", problems, file),
    ...findings("remarks: odd, but usable", remarks, file),
  ];
}

function findings(title: string, list: readonly CheckFinding[], file: string | undefined): string[] {
  if (list.length === 0) return [];
  const kinds = new Map<string, number>();
  for (const { kind } of list) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const counts = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(", ");
  const rest = list.length - told;
  return [
    "",
    `${title} (${counts})`,
    ...list.slice(0, told).map(({ split, index, id, kind, message }) => {
      const example = index === undefined ? split : `${split} ${index}${id === "" ? "" : ` (id ${id})`}`;
      return `  ${kind}  ${example}  ${message}`;
    }),
    ...(rest > 0 ? [`  ... and ${rest} more; ${file ?? "--report FILE"} has all`] : []),
  ];
}
