import type { Command } from "commander";
import { fail } from "../../core/errors.ts";
import type { SourceOptions, StoredDataset } from "../../datasets/stored-dataset.ts";
import { collect, verb } from "../verb.ts";

/** Options of every verb that opens a data set. */
export interface SourceFlags {
  readonly split?: string;
  readonly form?: string;
  readonly column?: readonly string[];
  readonly pictures?: string;
  readonly json?: boolean;
}

const about = `
NAME is one of "bifocal data list", and ROOT its folder. Files of your own are named by what they are:
  csv, tsv, jsonl    ROOT is a list of pictures' paths and texts; the paths are relative to its folder or --pictures
  webdataset         ROOT is a folder of .tar files or a pattern: "shards/{000..123}.tar"
  parquet, arrow     ROOT is a folder of them, a file or a pattern
  pictures           ROOT is a folder of pictures`;

/** A verb below \`data\` with the arguments NAME and ROOT. */
export function sourceVerb(name: string, description: string, examples: readonly string[]): Command {
  return verb(name, description, examples)
    .argument("<name>", "data set, see data list")
    .argument("<root>", "where it lies")
    .option("--split <name>", "split (default: all of them, or the only one)")
    .option(
      "--form <form>",
      "your own files: captions, questions, classes ... (default: what the columns tell)",
    )
    .option(
      "--column <field=name>",
      "your own files: the column of a field, image=jpg; can be repeated",
      collect,
    )
    .option(
      "--pictures <folder>",
      "lists: what the pictures' paths are relative to (default: the list's folder)",
    )
    .addHelpText("after", about);
}

/** What the flags say about files of the user's own. */
export async function sourceOptions({ form, column, pictures }: SourceFlags): Promise<SourceOptions> {
  const { pictureForm } = await import("../../datasets/stored-dataset.ts");
  const columns = column?.map((pair): [string, string] => {
    const at = pair.indexOf("=");
    if (at > 0 && at < pair.length - 1) return [pair.slice(0, at), pair.slice(at + 1)];
    return fail("usage", "--column", { expected: "FIELD=NAME, such as image=jpg", got: pair });
  });
  return {
    form: form === undefined ? undefined : pictureForm(form),
    columns: columns && Object.fromEntries(columns),
    pictures,
  };
}

/** The split that is meant where a verb needs one. @throws BifocalError "usage" where there are several. */
export function theSplit({ name, splits }: StoredDataset, wanted: string | undefined): string {
  const names = Object.keys(splits);
  const [only] = names;
  if (wanted !== undefined || (names.length === 1 && only !== undefined)) return wanted ?? only!;
  return fail("usage", "--split", { expected: `a split of ${name}: ${names.join(", ")}`, got: "none" });
}
