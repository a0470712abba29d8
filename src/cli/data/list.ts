import type { StoredDataset } from "../../datasets/stored-dataset.ts";
import { printResult, table, verb } from "../verb.ts";

/** `bifocal data list` */
export const listData = verb("list", "what can be read; of one data set, the files it needs", [
  "data list",
  "data list vqav2",
  "data list --json",
])
  .argument("[name]", "one data set, with its licence and the expected files")
  .action(async (name: string | undefined, { json }: { json?: boolean }) => {
    const { storedDataset, storedDatasets } = await import("../../datasets/stored-dataset.ts");
    if (name !== undefined) {
      const dataset = storedDataset(name);
      printResult(json, factsOf(dataset), detailsOf(dataset));
      return;
    }
    printResult(
      json,
      { datasets: storedDatasets.map(factsOf) },
      table([
        ["name", "examples", "title", "splits"],
        ...storedDatasets.map((dataset) => [dataset.name, dataset.form, dataset.title, splitsOf(dataset)]),
      ]),
    );
  });

function factsOf({ name, title, form, homePage, licence, citation, tree, splits, classes }: StoredDataset) {
  const sizes = Object.entries(splits).map(([split, size]) => [split, size ?? null]);
  return {
    ...{ name, title, form, homePage, licence, citation },
    splits: Object.fromEntries(sizes),
    ...(classes === undefined ? {} : { classes }),
    tree: tree.trim(),
  };
}

function detailsOf(dataset: StoredDataset): string[] {
  const { name, title, form, homePage, licence, citation, tree, classes } = dataset;
  return [
    ...table([
      ["name", name],
      ["title", title],
      ["examples", form],
      ["splits", splitsOf(dataset)],
      ...(classes === undefined ? [] : [["classes", classes.join(", ")]]),
      ["home page", homePage],
      ["licence", licence],
      ["cite", citation],
    ]),
    "expected files:",
    ...tree
      .trim()
      .split("\n")
      .map((line) => `  ${line}`),
  ];
}

/** "train 443757, val 214354"; a size that is not known is left out. */
function splitsOf({ splits }: StoredDataset): string {
  return Object.entries(splits)
    .map(([split, size]) => (size === undefined ? split : `${split} ${size}`))
    .join(", ");
}
