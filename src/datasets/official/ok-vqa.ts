import { officialDataset } from "../official-dataset.ts";
import { cocoFileName, openVqaPairs } from "./vqa-pairs.ts";

/** OK-VQA: questions that need knowledge from outside the picture. Its test split asks about val2014. */
export const okVqa = officialDataset(
  {
    name: "ok-vqa",
    title: "OK-VQA",
    form: "questions",
    homePage: "https://okvqa.allenai.org",
    licence: "see the home page; pictures under Flickr's terms of use",
    citation: "Marino et al. 2019, arXiv:1906.00067",
    tree: `
OpenEnded_mscoco_{train2014,val2014}_questions.json
mscoco_{train2014,val2014}_annotations.json
train2014/COCO_train2014_000000000009.jpg ...
val2014/COCO_val2014_000000000042.jpg ...`,
    splits: { train: undefined, test: 5_046 },
  },
  (split, folder) => {
    const part = split === "train" ? "train2014" : "val2014";
    const pictures = folder.pictures(part);
    return openVqaPairs(
      folder.file(`OpenEnded_mscoco_${part}_questions.json`),
      folder.file(`mscoco_${part}_annotations.json`),
      (imageId) => pictures(cocoFileName(part, imageId), `${imageId}`),
    );
  },
);
