import { openJsonLines } from "../../files/json-rows.ts";
import { mapTable } from "../../files/table.ts";
import { fieldsOf } from "../fields.ts";
import { officialDataset } from "../official-dataset.ts";

const classes = ["contradiction", "neutral", "entailment"] as const;

/** SNLI-VE: does a Flickr30k picture entail a sentence? */
export const snliVe = officialDataset(
  {
    name: "snli-ve",
    title: "SNLI-VE",
    form: "entailment",
    homePage: "https://github.com/necla-ml/SNLI-VE",
    licence: "see the home page; pictures as Flickr30k's",
    citation: "Xie et al. 2019, arXiv:1901.06706",
    tree: `
snli_ve_{train,dev,test}.jsonl
flickr30k-images/1000092795.jpg ...`,
    splits: { train: 529_527, dev: 17_858, test: 17_901 },
    classes,
  },
  async (split, folder) => {
    const pictures = folder.pictures("flickr30k-images", "flickr30k_images");
    return mapTable(await openJsonLines(folder.file(`snli_ve_${split}.jsonl`)), ({ value, where }) => {
      const record = fieldsOf(value, where);
      const imageId = record.id("Flickr30K_ID");
      return {
        image: pictures(`${imageId}.jpg`, imageId),
        id: record.text("pairID"),
        hypothesis: record.text("sentence2"),
        label: record.oneOf("gold_label", classes),
      };
    });
  },
);
