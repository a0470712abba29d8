import { resolve } from "node:path";
import { fail } from "../core/index.ts";
import { type CheckReport, readCheckReport, unusable } from "./check-report.ts";
import { type FilesConfig, isOwnFiles } from "./files-config.ts";
import type { SourceOptions } from "./stored-dataset.ts";

/** What a reader opens: its split and path. */
interface Place {
  readonly split: string;
  readonly path: string;
}

/** What the reports of `data.skip` say cannot be used. */
export interface SkipReports {
  /** Rows of an opened place with so many. @throws BifocalError "config" when a report is of another number. */
  rowsOf(place: Place, size: number): ReadonlySet<number>;
  /** Whole paths of a place's files that do not open. */
  filesOf(place: Place): readonly string[];
}

/** Reads the reports. @throws BifocalError "config" for one that concerns none of the places. */
export async function skipReports(config: FilesConfig, places: readonly Place[]): Promise<SkipReports> {
  const { skip = [], name } = config;
  const paths = typeof skip === "string" ? [skip] : skip;
  const concerns = (report: CheckReport, { split, path }: Place) =>
    report.splits.some((checked) => checked.split === split) &&
    (!isOwnFiles(config) || resolve(report.root) === resolve(path));
  const reports = await Promise.all(
    paths.map(async (path) => {
      const report = await readCheckReport(path);
      const where = `data.skip ${path}`;
      if (report.dataset !== name)
        fail("config", where, { expected: `a report of ${name}`, got: report.dataset });
      if (!places.some((place) => concerns(report, place))) {
        const known = [...new Set(places.map((place) => (isOwnFiles(config) ? place.path : place.split)))];
        fail("config", where, {
          expected: `a report of ${known.join(" or ")}`,
          got: isOwnFiles(config) ? report.root : report.split,
          todo: "run bifocal data check on what is trained on",
        });
      }
      return { where, report };
    }),
  );
  const of = (place: Place) => reports.filter(({ report }) => concerns(report, place));
  return {
    rowsOf: (place, size) => {
      const rows = new Set<number>();
      for (const { where, report } of of(place)) {
        const checked = report.splits.find(({ split }) => split === place.split)!;
        if (checked.examples !== size) {
          fail("config", where, {
            expected: `a report of the ${size} examples of ${place.split} as they are now`,
            got: `one of ${checked.examples}`,
            todo: "run bifocal data check again",
          });
        }
        for (const index of unusable(report, place.split)) rows.add(index);
      }
      return rows;
    },
    filesOf: (place) =>
      of(place).flatMap(({ report }) =>
        report.problems.flatMap(({ split, kind, where }) =>
          kind === "file" && split === place.split ? [where] : [],
        ),
      ),
  };
}

/** Leaves out files that do not open where a report says so. @throws the reader's error for any other. */
export function leavingOut(files: readonly string[]): SourceOptions["damagedFile"] {
  if (files.length === 0) return undefined;
  return (problem, path) => {
    if (!files.includes(resolve(path))) throw problem;
  };
}
