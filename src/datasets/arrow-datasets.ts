import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../core/index.ts";
import { openArrowFile } from "../files/arrow-file.ts";
import type { Table } from "../files/table.ts";
import {
  arrowCaptions,
  arrowEntailment,
  arrowPairStatements,
  arrowQuestions,
  arrowReferring,
  arrowRegions,
} from "./arrow-examples.ts";
import type { ExampleOf } from "./examples.ts";
import { type OfficialDataset, officialDataset } from "./official-dataset.ts";
import type { PictureForm } from "./pack-layout.ts";

/**
 * The folders of Arrow files that the scripts of ViLT, METER and Renaissance write, by the file names that these use.
 * Splits are what they are called: their code reads COCO's test as "val" and trains on Flickr30k's val, here neither.
 */

type ArrowForm = Exclude<PictureForm, "questions" | "memes" | "classes">;

const openers: { readonly [F in ArrowForm]: (paths: readonly string[]) => Promise<Table<ExampleOf[F]>> } = {
  captions: arrowCaptions,
  regions: arrowRegions,
  "scored questions": arrowQuestions,
  "pair statements": arrowPairStatements,
  entailment: arrowEntailment,
  referring: arrowReferring,
};

interface ArrowFolder {
  readonly title: string;
  readonly form: ArrowForm;
  /** Names of the files of each split, without ".arrow"; "*" stands for a number. */
  readonly files: Readonly<Record<string, readonly string[]>>;
  readonly sizes?: Readonly<Record<string, number>>;
}

const folders: Readonly<Record<string, ArrowFolder>> = {
  coco: {
    title: "COCO Captions",
    form: "captions",
    files: {
      train: ["coco_caption_karpathy_train", "coco_caption_karpathy_restval"],
      val: ["coco_caption_karpathy_val"],
      test: ["coco_caption_karpathy_test"],
    },
    sizes: { train: 113_287, val: 5_000, test: 5_000 },
  },
  f30k: {
    title: "Flickr30k",
    form: "captions",
    files: {
      train: ["f30k_caption_karpathy_train"],
      val: ["f30k_caption_karpathy_val"],
      test: ["f30k_caption_karpathy_test"],
    },
    sizes: { train: 29_000, val: 1_014, test: 1_000 },
  },
  vg: { title: "Visual Genome", form: "regions", files: { train: ["vg"] } },
  sbu: { title: "SBU Captions", form: "captions", files: { train: ["sbu_*"] } },
  gcc: {
    title: "Conceptual Captions 3M",
    form: "captions",
    files: { train: ["conceptual_caption_train_*"], val: ["conceptual_caption_val_*"] },
  },
  vqav2: {
    title: "VQA v2",
    form: "scored questions",
    files: {
      train: ["vqav2_train"],
      val: ["vqav2_val"],
      "trainable-val": ["vqav2_trainable_val"],
      "rest-val": ["vqav2_rest_val"],
      test: ["vqav2_test"],
      "test-dev": ["vqav2_test-dev"],
    },
    sizes: { test: 447_793, "test-dev": 107_394 },
  },
  nlvr2: {
    title: "NLVR2",
    form: "pair statements",
    files: { train: ["nlvr2_train"], dev: ["nlvr2_dev"], test1: ["nlvr2_test1"] },
    sizes: { train: 86_373, dev: 6_982, test1: 6_967 },
  },
  snli: {
    title: "SNLI-VE",
    form: "entailment",
    files: { train: ["snli_train"], dev: ["snli_dev"], test: ["snli_test"] },
    sizes: { train: 529_527, dev: 17_858, test: 17_901 },
  },
  refcoco: {
    title: "RefCOCO",
    form: "referring",
    files: { train: ["refcoco_unc_train"], val: ["refcoco_unc_val"], test: ["refcoco_unc_test"] },
  },
};

/** Their readers, named "arrow-" and the data set. */
export const arrowDatasets: readonly OfficialDataset<ArrowForm>[] = Object.entries(folders).map(
  ([name, { title, form, files, sizes = {} }]) =>
    officialDataset<ArrowForm>(
      {
        name: `arrow-${name}`,
        title: `${title} as the Arrow files of ViLT, METER and Renaissance`,
        form,
        homePage: "https://github.com/dandelin/ViLT/blob/master/DATA.md",
        licence: `that of ${title}`,
        citation: "Kim, Son & Kim 2021, arXiv:2102.03334; Dou et al. 2022, arXiv:2111.02387",
        tree: Object.values(files)
          .flatMap((names) => `\n${names.map((file) => `${file}.arrow`).join("  ")}`)
          .join(""),
        splits: Object.fromEntries(Object.keys(files).map((split) => [split, sizes[split]])),
      },
      async (split, folder) => {
        const lists = await Promise.all(
          files[split]!.map((file) =>
            file.endsWith("*") ? numbered(folder.root, file) : [folder.file(`${file}.arrow`)],
          ),
        );
        return openers[form](lists.flat());
      },
    ),
);

/** The files of a name with a number at its end, in the order of the numbers. */
async function numbered(root: string, pattern: string): Promise<string[]> {
  const start = pattern.slice(0, -1);
  const numbers = (await readdir(root)).flatMap((name) => {
    const digits = name.startsWith(start) ? /^(\d+)\.arrow$/.exec(name.slice(start.length))?.[1] : undefined;
    return digits === undefined ? [] : [digits];
  });
  if (numbers.length === 0) {
    fail("data", join(root, `${start}0.arrow`), { expected: `${pattern}.arrow`, got: "no such file" });
  }
  return numbers.sort((a, b) => Number(a) - Number(b)).map((digits) => join(root, `${start}${digits}.arrow`));
}

/** Arrow files of one kind, whatever their names: their columns tell the form. */
export async function openArrowTables(
  paths: readonly string[],
): Promise<{ readonly form: PictureForm; readonly table: Table<ExampleOf[PictureForm]> }> {
  const [first] = paths;
  if (first === undefined) fail("usage", "arrow", { expected: "at least one file", got: "none" });
  const { fields } = await openArrowFile(first);
  const names = fields.map(({ name }) => name);
  const form = formOf(names);
  if (form === undefined) {
    fail("data", first, {
      expected: "the columns of a file that ViLT's or METER's scripts write",
      got: names.join(", "),
      todo: "write other Arrow files as Parquet",
    });
  }
  return { form, table: await openers[form](paths) };
}

function formOf(columns: readonly string[]): ArrowForm | undefined {
  const has = (...names: readonly string[]) => names.every((name) => columns.includes(name));
  if (has("image_0", "image_1", "questions")) return "pair statements";
  if (has("sentences", "bboxes")) return "referring";
  if (has("sentences", "labels")) return "entailment";
  if (has("questions", "answer_labels")) return "scored questions";
  if (has("caption", "x", "y", "width", "height")) return "regions";
  return has("caption") ? "captions" : undefined;
}
