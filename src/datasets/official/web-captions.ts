import { fail } from "../../core/index.ts";
import { openJson } from "../../files/json-rows.ts";
import { firstLine, openLines } from "../../files/lines.ts";
import { mapTable, type Table } from "../../files/table.ts";
import type { DatasetFolder } from "../dataset-folder.ts";
import type { CaptionExample } from "../examples.ts";
import { officialDataset } from "../official-dataset.ts";
import { separated } from "./separated.ts";

/**
 * Picture and caption pairs from the web. Their makers publish addresses, many of which are dead, so a list says which
 * pictures are there: a TSV with a header line, or the JSON list of pairs that ViLT and METER ask for.
 */

const fileColumns = ["filepath", "image", "file"];
const captionColumns = ["title", "caption", "text"];

const tree = (split: string) => `
${split}.tsv           one header line; a column ${fileColumns.join(" or ")}, a column ${captionColumns.join(" or ")}
or ${split}_annot.json [["images_${split}/0000/0000000", "a caption"], ...]
pictures where the list says, relative to this folder`;

/** Conceptual Captions 3M. */
export const conceptualCaptions3M = officialDataset(
  {
    name: "cc3m",
    title: "Conceptual Captions 3M",
    form: "captions",
    homePage: "https://ai.google.com/research/ConceptualCaptions",
    licence:
      "free for any purpose, acknowledgement of Google LLC appreciated; pictures belong to their owners",
    citation: "Sharma et al. 2018, ACL",
    tree: `${tree("train")}\nthe same for val`,
    splits: { train: undefined, val: undefined },
  },
  openPairs,
);

/** Conceptual Captions 12M. */
export const conceptualCaptions12M = officialDataset(
  {
    name: "cc12m",
    title: "Conceptual Captions 12M",
    form: "captions",
    homePage: "https://github.com/google-research-datasets/conceptual-12m",
    licence:
      "free for any purpose, acknowledgement of Google LLC appreciated; pictures belong to their owners",
    citation: "Changpinyo et al. 2021, arXiv:2102.08981",
    tree: tree("train"),
    splits: { train: undefined },
  },
  openPairs,
);

/** SBU Captioned Photos. */
export const sbuCaptions = officialDataset(
  {
    name: "sbu",
    title: "SBU Captioned Photos",
    form: "captions",
    homePage: "https://www.cs.rice.edu/~vo9/sbucaptions",
    licence: "see the home page; pictures under Flickr's terms of use",
    citation: "Ordonez, Kulkarni & Berg 2011, NeurIPS",
    tree: `${tree("train")}\n(annot.json is taken for train_annot.json)`,
    splits: { train: undefined },
  },
  openPairs,
);

async function openPairs(split: string, folder: DatasetFolder): Promise<Table<CaptionExample>> {
  const list = folder.file(
    `${split}.tsv`,
    `${split}_annot.json`,
    ...(split === "train" ? ["annot.json"] : []),
  );
  const pictures = folder.pictures(".");
  if (list.endsWith(".json")) {
    return mapTable(await openJson(list, []), ({ value, where }) => {
      const [file, caption] = Array.isArray(value) ? (value as unknown[]) : [];
      if (typeof file !== "string" || typeof caption !== "string") {
        fail("data", where, {
          expected: '["picture file", "caption"]',
          got: JSON.stringify(value).slice(0, 80),
        });
      }
      return { image: pictures(file), captions: [caption] };
    });
  }
  const header = (await firstLine(list)).split("\t");
  const columnOf = (names: readonly string[]) => {
    const found = names.find((name) => header.includes(name));
    return (
      found ??
      fail("data", `${list} line 1`, { expected: `a column ${names.join(" or ")}`, got: header.join(", ") })
    );
  };
  const [file, caption] = [columnOf(fileColumns), columnOf(captionColumns)];
  return mapTable(await openLines(list, { skip: 1, blank: "error" }), (line) => {
    const column = separated(line, header);
    return { image: pictures(column(file)), captions: [column(caption)] };
  });
}
