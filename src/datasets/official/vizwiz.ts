import { openJson } from "../../files/json-rows.ts";
import { mapTable } from "../../files/table.ts";
import { fieldsOf } from "../fields.ts";
import { officialDataset } from "../official-dataset.ts";

/** VizWiz-VQA: questions that blind people asked about their own pictures. A question is named by its picture. */
export const vizWiz = officialDataset(
  {
    name: "vizwiz",
    title: "VizWiz-VQA",
    form: "questions",
    homePage: "https://vizwiz.org/tasks-and-datasets/vqa",
    licence: "CC BY 4.0",
    citation: "Gurari et al. 2018, arXiv:1802.08218",
    tree: `
Annotations/{train,val,test}.json    or {train,val,test}.json
train/VizWiz_train_00000000.jpg ...
val/  test/`,
    splits: { train: undefined, val: undefined, test: undefined },
  },
  async (split, folder) => {
    const pictures = folder.pictures(split);
    const list = folder.file(`Annotations/${split}.json`, `${split}.json`);
    return mapTable(await openJson(list, []), ({ value, where }) => {
      const record = fieldsOf(value, where);
      const asked = {
        image: pictures(record.text("image")),
        questionId: record.text("image"),
        question: record.text("question"),
      };
      if (!record.has("answers")) return asked;
      const answers = record.records("answers").map((answer) => answer.text("answer"));
      return { ...asked, answers, answerType: record.text("answer_type") };
    });
  },
);
