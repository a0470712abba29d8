import { createHash } from "node:crypto";
import { type BifocalError, fail } from "../../core/errors.ts";
import type { ExampleOf } from "../../datasets/examples.ts";
import type { Table } from "../../files/table.ts";
import { choiceOption, countOption, printResult, table as rows } from "../verb.ts";
import { type SourceFlags, sourceOptions, sourceVerb, theSplit } from "./source.ts";

interface PackFlags extends SourceFlags {
  readonly out: string;
  readonly format: string;
  readonly shardSize: string;
  readonly damaged: string;
  readonly skip?: string;
  readonly decode?: boolean;
}

/** `bifocal data pack` */
export const packData = sourceVerb(
  "pack",
  "write WebDataset or Parquet shards of anything that can be read",
  [
    "data pack coco-captions /data/coco --split train --out packed/coco-train",
    "data pack arrow-vqav2 /data/arrow --split val --out packed/vqa-val --format parquet",
    "data pack csv products.csv --out packed/products --skip report.json",
    "data pack cc3m /data/cc3m --split train --out packed/cc3m --decode --damaged skip",
  ],
)
  .requiredOption(
    "--out <folder>",
    "where the shards go; a folder of the same work goes on where it was stopped",
  )
  .option("--format <format>", "webdataset or parquet", "webdataset")
  .option("--shard-size <n>", "examples of one shard", "1000")
  .option(
    "--damaged <what>",
    "an example or a file that cannot be read: stop, or skip and list it in manifest.json",
    "stop",
  )
  .option("--decode", "decode every picture: truncated, undecodable and huge ones are damaged too")
  .option("--skip <report>", "leave out what a check's report says cannot be used")
  .action(async (name: string, root: string, flags: PackFlags) => {
    const [{ storedDataset }, { pack }, { isPictureForm }] = await Promise.all([
      import("../../datasets/stored-dataset.ts"),
      import("../../datasets/pack.ts"),
      import("../../datasets/pack-layout.ts"),
    ]);
    const format = choiceOption("--format", flags.format, ["webdataset", "parquet"]);
    const damaged = choiceOption("--damaged", flags.damaged, ["stop", "skip"]);
    const shardSize = countOption("--shard-size", flags.shardSize);
    const dataset = storedDataset(name);
    const split = theSplit(dataset, flags.split);
    const damagedFiles: string[] = [];
    const damagedFile =
      damaged === "skip" ? ({ message }: BifocalError) => damagedFiles.push(message) : undefined;
    const options = await sourceOptions(flags);
    const { form, table } = await dataset.open(split, root, { ...options, damagedFile });
    if (!isPictureForm(form)) {
      fail("usage", name, {
        expected: "examples with pictures",
        got: form,
        todo: "text alone needs no packing",
      });
    }
    const left = flags.skip === undefined ? undefined : await leftOut(flags.skip, name, split);
    const manifest = await pack(table as Table<ExampleOf[typeof form]>, {
      ...{ form, format, damaged, shardSize, folder: flags.out },
      ...(flags.decode === true && { inspect: await pictureInspector() }),
      damagedFiles,
      source: `${name} ${split}${flags.decode === true ? " decoded" : ""}${left === undefined ? "" : ` without ${left.size} examples (${digestOf(left)})`}`,
      ...(left === undefined ? {} : { leaveOut: left }),
    });
    const bytes = manifest.shards.reduce((sum, shard) => sum + shard.bytes, 0);
    const samples = manifest.shards.reduce((sum, shard) => sum + shard.samples, 0);
    printResult(
      flags.json,
      { folder: flags.out, samples, bytes, ...manifest },
      rows([
        ["folder", flags.out],
        ["shards", `${manifest.shards.length} ${format}, ${(bytes / 1e6).toFixed(1)} MB`],
        ["examples", `${samples} of ${table.size}`],
        ...(manifest.damagedFiles ?? []).map((reason) => ["left out file", reason]),
        ...manifest.skipped.slice(0, 20).map(({ index, reason }) => [`left out ${index}`, reason]),
        ...(manifest.skipped.length > 20
          ? [["...", `${manifest.skipped.length} left out, all in manifest.json`]]
          : []),
      ]),
    );
  });

/** What makes a picture unusable; a name that tells another format does not. */
async function pictureInspector(): Promise<
  (bytes: Uint8Array, where: string) => Promise<string | undefined>
> {
  const { pictureChecker } = await import("../../data/check-picture.ts");
  const look = pictureChecker();
  return async (bytes, where) => {
    const kind = (await look(bytes, where))?.kind;
    return kind === "mislabelled" ? undefined : kind;
  };
}

/** The indexes of a report about the same data. */
async function leftOut(path: string, name: string, split: string): Promise<ReadonlySet<number>> {
  const { readCheckReport, unusable } = await import("../../datasets/check-report.ts");
  const report = await readCheckReport(path);
  if (report.dataset === name && report.splits.some((checked) => checked.split === split)) {
    return unusable(report, split);
  }
  return fail("usage", path, {
    expected: `the report of ${name} ${split}`,
    got: `${report.dataset} ${report.split}`,
    todo: "check what you pack",
  });
}

function digestOf(indexes: ReadonlySet<number>): string {
  return createHash("sha256")
    .update([...indexes].join(" "))
    .digest("hex")
    .slice(0, 8);
}
