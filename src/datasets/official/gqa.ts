import { openJson } from "../../files/json-rows.ts";
import { mapTable } from "../../files/table.ts";
import { fieldsOf } from "../fields.ts";
import { officialDataset } from "../official-dataset.ts";

/** GQA's balanced questions, with the one short answer; its type is the structural one (query, verify, ...). */
export const gqa = officialDataset(
  {
    name: "gqa",
    title: "GQA, balanced questions",
    form: "questions",
    homePage: "https://cs.stanford.edu/people/dorarad/gqa",
    licence: "CC BY 4.0",
    citation: "Hudson & Manning 2019, arXiv:1902.09506",
    tree: `
questions1.2/{train,val,testdev,test}_balanced_questions.json    or without the folder
images/1.jpg ...`,
    splits: { train: 943_000, val: 132_062, testdev: 12_578, test: undefined },
  },
  async (split, folder) => {
    const pictures = folder.pictures("images");
    const name = `${split}_balanced_questions.json`;
    const rows = await openJson(folder.file(`questions1.2/${name}`, name), []);
    return mapTable(rows, ({ key, value, where }) => {
      const record = fieldsOf(value, where);
      const imageId = record.id("imageId");
      return {
        image: pictures(`${imageId}.jpg`, imageId),
        questionId: key,
        question: record.text("question"),
        ...(record.has("types") ? { questionType: record.record("types").text("structural") } : {}),
        ...(record.has("answer") ? { answers: [record.text("answer")] } : {}),
      };
    });
  },
);
