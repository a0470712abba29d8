import { openJsonLines } from "../../files/json-rows.ts";
import { mapTable } from "../../files/table.ts";
import { fieldsOf } from "../fields.ts";
import { officialDataset } from "../official-dataset.ts";

/** NLVR2: is a sentence true of two pictures? `test1` is what papers call test-P. */
export const nlvr2 = officialDataset(
  {
    name: "nlvr2",
    title: "NLVR2",
    form: "pair statements",
    homePage: "https://lil.nlp.cornell.edu/nlvr",
    licence: "sentences CC BY 4.0; pictures belong to their owners",
    citation: "Suhr et al. 2019, arXiv:1811.00491",
    tree: `
nlvr/nlvr2/data/{train,dev,test1}.json    or data/{train,dev,test1}.json
images/train/0/train-10108-0-img0.png ... (folder by the record's directory)
dev/dev-0-0-img0.png ...                  or images/dev/
test1/test1-0-0-img0.png ...              or images/test1/`,
    splits: { train: 86_373, dev: 6_982, test1: 6_967 },
  },
  async (split, folder) => {
    const pictures = folder.pictures(...(split === "train" ? ["images/train"] : [split, `images/${split}`]));
    const rows = await openJsonLines(folder.file(`nlvr/nlvr2/data/${split}.json`, `data/${split}.json`));
    return mapTable(rows, ({ value, where }) => {
      const record = fieldsOf(value, where);
      const id = record.text("identifier");
      const pair = id.replace(/-[^-]*$/, ""); // without the number of the sentence
      const at = split === "train" ? `${record.id("directory")}/` : "";
      const side = (number: number) => pictures(`${at}${pair}-img${number}.png`, `${pair}-img${number}`);
      return {
        images: [side(0), side(1)] as const,
        id,
        sentence: record.text("sentence"),
        label: record.oneOf("label", ["True", "False"]) === "True",
      };
    });
  },
);
