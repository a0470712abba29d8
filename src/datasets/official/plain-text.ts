import { openLines } from "../../files/lines.ts";
import { mapTable, type Table } from "../../files/table.ts";
import type { TextExample } from "../examples.ts";
import { officialDataset } from "../official-dataset.ts";

/** WikiText: a paragraph or heading a line, as it stands in the file. */
export const wikiText = officialDataset(
  {
    name: "wikitext",
    title: "WikiText-2 or WikiText-103",
    form: "text",
    homePage: "https://huggingface.co/datasets/Salesforce/wikitext",
    licence: "CC BY-SA 3.0 and GFDL",
    citation: "Merity et al. 2017, arXiv:1609.07843",
    tree: `
wiki.{train,valid,test}.raw    or wiki.{train,valid,test}.tokens`,
    splits: { train: undefined, valid: undefined, test: undefined },
  },
  (split, folder) => openParagraphs(folder.file(`wiki.${split}.raw`, `wiki.${split}.tokens`)),
);

/** Text files of the user's own. */
export const plainText = officialDataset(
  {
    name: "text",
    title: "plain text, a sentence or paragraph a line",
    form: "text",
    homePage: "none",
    licence: "that of the files",
    citation: "none",
    tree: `
{train,val,test}.txt    in UTF-8`,
    splits: { train: undefined, val: undefined, test: undefined },
  },
  (split, folder) => openParagraphs(folder.file(`${split}.txt`)),
);

async function openParagraphs(path: string): Promise<Table<TextExample>> {
  return mapTable(await openLines(path, { blank: "between" }), ({ text }) => ({ text: text.trim() }));
}
