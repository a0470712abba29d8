import { fail } from "../../core/index.ts";
import { openJsonLines } from "../../files/json-rows.ts";
import { mapTable } from "../../files/table.ts";
import { fieldsOf } from "../fields.ts";
import { officialDataset } from "../official-dataset.ts";

/** Hateful Memes. The seen splits are the paper's, the unseen ones those of the NeurIPS 2020 competition. */
export const hatefulMemes = officialDataset(
  {
    name: "hateful-memes",
    title: "Hateful Memes",
    form: "memes",
    homePage: "https://ai.meta.com/tools/hatefulmemes",
    licence: "Meta's own, for research",
    citation: "Kiela et al. 2020, arXiv:2005.04790",
    tree: `
{train,dev_seen,test_seen,dev_unseen,test_unseen}.jsonl
img/42953.png ...`,
    splits: { train: 8_500, dev_seen: 500, test_seen: 1_000, dev_unseen: 540, test_unseen: 2_000 },
  },
  async (split, folder) => {
    const pictures = folder.pictures(".");
    return mapTable(await openJsonLines(folder.file(`${split}.jsonl`)), ({ value, where }) => {
      const record = fieldsOf(value, where);
      const id = record.id("id");
      const meme = { image: pictures(record.text("img"), id), id, text: record.text("text") };
      if (!record.has("label")) return meme;
      const label = record.number("label");
      if (label !== 0 && label !== 1) fail("data", where, { expected: '"label" as 0 or 1', got: `${label}` });
      return { ...meme, hateful: label === 1 };
    });
  },
);
