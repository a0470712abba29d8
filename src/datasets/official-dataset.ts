import { fail, nearest } from "../core/index.ts";
import type { Table } from "../files/table.ts";
import { type DatasetFolder, datasetFolder } from "./dataset-folder.ts";
import type { ExampleOf, Form } from "./examples.ts";

/** What a reader says about its data set. */
export interface DatasetFacts<F extends Form = Form> {
  /** As the command line and recipes name it. */
  readonly name: string;
  readonly title: string;
  readonly form: F;
  readonly homePage: string;
  readonly licence: string;
  /** Authors, year and where it was published. */
  readonly citation: string;
  /** The expected folders and files, for people. */
  readonly tree: string;
  /** Examples by split as published; undefined where that depends on what could be fetched or is not known for sure. */
  readonly splits: Readonly<Record<string, number | undefined>>;
  /** The labels there are, in the order that published models number them. */
  readonly classes?: readonly string[];
}

/** A data set in the form its makers publish it, read from disk. */
export interface OfficialDataset<F extends Form = Form> extends DatasetFacts<F> {
  /**
   * The examples of a split below the folder `root`, by index; the index depends on the files alone. Lists are scanned
   * once, records and pictures are read when they are asked for.
   * @throws BifocalError "usage" for an unknown split, "data" when files are missing or malformed.
   */
  open(split: string, root: string): Promise<Table<ExampleOf[F]>>;
}

/** A reader from its facts and the way it opens a split that is one of them. */
export function officialDataset<F extends Form>(
  facts: DatasetFacts<F>,
  open: (split: string, folder: DatasetFolder) => Promise<Table<ExampleOf[F]>>,
): OfficialDataset<F> {
  return {
    ...facts,
    open: async (split, root) => {
      if (!Object.hasOwn(facts.splits, split)) {
        const names = Object.keys(facts.splits);
        fail("usage", facts.name, {
          expected: `a split: ${names.join(", ")}`,
          got: split,
          todo: `did you mean ${nearest(split, names)}?`,
        });
      }
      return open(split, datasetFolder(root, facts.title, facts.tree));
    },
  };
}
