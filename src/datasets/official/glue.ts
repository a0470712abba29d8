import { assert, fail } from "../../core/index.ts";
import { firstLine, openLines } from "../../files/lines.ts";
import { mapTable, type Table } from "../../files/table.ts";
import type { SentenceExample } from "../examples.ts";
import { numberIn, oneOf } from "../fields.ts";
import { type OfficialDataset, officialDataset } from "../official-dataset.ts";
import { separated } from "./separated.ts";

/** GLUE's nine tasks with two sets of MNLI, in the TSV files of its download. Labels of test splits are held back. */

interface Layout {
  readonly folder: string;
  readonly citation: string;
  /** Columns of one or two sentences, by their names in the header. */
  readonly sentences: readonly [string] | readonly [string, string];
  readonly label: string;
  /** Absent for a score. */
  readonly classes?: readonly string[];
  /** Columns of train and dev, where these files have no header. */
  readonly columns?: readonly string[];
  readonly splits: Readonly<Record<string, number | undefined>>;
}

const yesNo = ["0", "1"] as const;
const entails = ["entailment", "not_entailment"] as const;
const pair = ["sentence1", "sentence2"] as const;

const layouts: Readonly<Record<string, Layout>> = {
  cola: {
    folder: "CoLA",
    citation: "Warstadt et al. 2019, arXiv:1805.12471",
    sentences: ["sentence"],
    label: "label",
    classes: yesNo,
    columns: ["source", "label", "original", "sentence"],
    splits: { train: 8_551, dev: 1_043, test: 1_063 },
  },
  sst2: {
    folder: "SST-2",
    citation: "Socher et al. 2013, EMNLP",
    sentences: ["sentence"],
    label: "label",
    classes: yesNo,
    splits: { train: 67_349, dev: 872, test: 1_821 },
  },
  mrpc: {
    folder: "MRPC",
    citation: "Dolan & Brockett 2005, IWP",
    sentences: ["#1 String", "#2 String"],
    label: "Quality",
    classes: yesNo,
    splits: { train: 3_668, dev: 408, test: 1_725 },
  },
  stsb: {
    folder: "STS-B",
    citation: "Cer et al. 2017, arXiv:1708.00055",
    sentences: pair,
    label: "score",
    splits: { train: 5_749, dev: 1_500, test: 1_379 },
  },
  qqp: {
    folder: "QQP",
    citation: "Iyer, Dandekar & Csernai 2017, First Quora Dataset Release",
    sentences: ["question1", "question2"],
    label: "is_duplicate",
    classes: yesNo,
    splits: { train: undefined, dev: 40_430, test: 390_965 },
  },
  mnli: {
    folder: "MNLI",
    citation: "Williams, Nangia & Bowman 2018, arXiv:1704.05426",
    sentences: pair,
    label: "gold_label",
    classes: ["entailment", "neutral", "contradiction"],
    splits: {
      train: 392_702,
      dev_matched: 9_815,
      dev_mismatched: 9_832,
      test_matched: 9_796,
      test_mismatched: 9_847,
    },
  },
  qnli: {
    folder: "QNLI",
    citation: "Rajpurkar et al. 2016, arXiv:1606.05250; Wang et al. 2019, arXiv:1804.07461",
    sentences: ["question", "sentence"],
    label: "label",
    classes: entails,
    splits: { train: 104_743, dev: 5_463, test: 5_463 },
  },
  rte: {
    folder: "RTE",
    citation: "Dagan et al. 2006 and others, see Wang et al. 2019, arXiv:1804.07461",
    sentences: pair,
    label: "label",
    classes: entails,
    splits: { train: 2_490, dev: 277, test: 3_000 },
  },
  wnli: {
    folder: "WNLI",
    citation: "Levesque, Davis & Morgenstern 2012, KR",
    sentences: pair,
    label: "label",
    classes: yesNo,
    splits: { train: 635, dev: 71, test: 146 },
  },
};

/** The readers of all tasks, named "glue-" and the task. */
export const glue: readonly OfficialDataset<"sentences">[] = Object.entries(layouts).map(([name, layout]) =>
  officialDataset(
    {
      name: `glue-${name}`,
      title: `GLUE ${layout.folder}`,
      form: "sentences",
      homePage: "https://gluebenchmark.com",
      licence: "that of each task's source, see the home page",
      citation: layout.citation,
      tree: Object.keys(layout.splits)
        .map((split) => `\n${layout.folder}/${split}.tsv    or ${split}.tsv`)
        .join(""),
      splits: layout.splits,
      ...(layout.classes === undefined ? {} : { classes: layout.classes }),
    },
    async (split, folder) =>
      openFile(
        layout,
        folder.file(`${layout.folder}/${split}.tsv`, `${split}.tsv`),
        !split.startsWith("test"),
      ),
  ),
);

/**
 * The labelled examples of one file of a task, "glue-rte", wherever it lies.
 * @throws BifocalError "data" when it is missing, malformed or without labels, as those of test splits are.
 */
export function openGlueFile(name: string, path: string): Promise<Table<SentenceExample>> {
  const layout = layouts[name.replace("glue-", "")];
  assert(layout !== undefined, `${name} is no task of GLUE`);
  return openFile(layout, path, true);
}

async function openFile(layout: Layout, path: string, labelled: boolean): Promise<Table<SentenceExample>> {
  const bare = labelled ? layout.columns : undefined;
  const header = bare ?? (await firstLine(path)).split("\t");
  for (const column of [...layout.sentences, ...(labelled ? [layout.label] : [])]) {
    if (!header.includes(column)) {
      fail("data", `${path} line 1`, { expected: `a column "${column}"`, got: header.join(", ") });
    }
  }
  const lines = await openLines(path, { skip: bare === undefined ? 1 : 0, blank: "error" });
  return mapTable(lines, (line, index) => {
    const column = separated(line, header);
    const [first, second] = layout.sentences;
    const sentences =
      second === undefined ? ([column(first)] as const) : ([column(first), column(second)] as const);
    const example = { id: header.includes("index") ? column("index") : `${index}`, sentences };
    if (!labelled) return example;
    const label = column(layout.label);
    if (layout.classes === undefined) return { ...example, score: numberIn(label, line.where, layout.label) };
    return { ...example, label: oneOf(label, layout.classes, line.where, layout.label) };
  });
}
