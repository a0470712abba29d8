import { officialDataset } from "../official-dataset.ts";
import { cocoFileName, openVqaPairs } from "./vqa-pairs.ts";

/** VQA v2, balanced real images, open-ended. Answers of the test splits are held back. */
export const vqav2 = officialDataset(
  {
    name: "vqav2",
    title: "VQA v2",
    form: "questions",
    homePage: "https://visualqa.org",
    licence: "CC BY 4.0; pictures under Flickr's terms of use",
    citation: "Goyal et al. 2017, arXiv:1612.00837",
    tree: `
v2_OpenEnded_mscoco_{train2014,val2014,test2015,test-dev2015}_questions.json
v2_mscoco_{train2014,val2014}_annotations.json
train2014/COCO_train2014_000000000009.jpg ...
val2014/  test2015/`,
    splits: { train: 443_757, val: 214_354, test: 447_793, "test-dev": 107_394 },
  },
  (split, folder) => {
    const annotated = split === "train" || split === "val";
    const part = `${split}${annotated ? 2014 : 2015}`;
    const pictureFolder = split === "test-dev" ? "test2015" : part;
    const pictures = folder.pictures(pictureFolder);
    return openVqaPairs(
      folder.file(`v2_OpenEnded_mscoco_${part}_questions.json`),
      annotated ? folder.file(`v2_mscoco_${part}_annotations.json`) : undefined,
      (imageId) => pictures(cocoFileName(pictureFolder, imageId), `${imageId}`),
    );
  },
);
