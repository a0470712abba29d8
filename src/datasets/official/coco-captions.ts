import { openJson } from "../../files/json-rows.ts";
import { mapTable } from "../../files/table.ts";
import { fieldsOf } from "../fields.ts";
import { officialDataset } from "../official-dataset.ts";
import { openKarpathy } from "./karpathy.ts";

const licence = "annotations CC BY 4.0; pictures under Flickr's terms of use";

/** COCO captions in the split that retrieval and captioning are compared on; restval belongs to train as usual. */
export const cocoCaptions = officialDataset(
  {
    name: "coco-captions",
    title: "COCO Captions, Karpathy split",
    form: "captions",
    homePage: "https://cocodataset.org, splits: https://cs.stanford.edu/people/karpathy/deepimagesent",
    licence,
    citation: "Chen et al. 2015, arXiv:1504.00325; split: Karpathy & Fei-Fei 2015, arXiv:1412.2306",
    tree: `
karpathy/dataset_coco.json    or dataset_coco.json
train2014/COCO_train2014_000000000009.jpg ...
val2014/COCO_val2014_000000000042.jpg ...`,
    splits: { train: 113_287, val: 5_000, test: 5_000 },
  },
  (split, folder) => {
    const pictures = folder.pictures(".");
    return openKarpathy(
      folder.file("karpathy/dataset_coco.json", "dataset_coco.json"),
      split === "train" ? ["train", "restval"] : [split],
      (image) => pictures(`${image.text("filepath")}/${image.text("filename")}`, image.id("cocoid")),
    );
  },
);

/** The pictures that captions are submitted for; their own captions are held back. */
export const cocoCaptionTest = officialDataset(
  {
    name: "coco-caption-test",
    title: "COCO caption challenge, test pictures",
    form: "captions",
    homePage: "https://cocodataset.org/#captions-eval",
    licence,
    citation: "Chen et al. 2015, arXiv:1504.00325",
    tree: `
annotations/image_info_test2014.json    or image_info_test2014.json
test2014/COCO_test2014_000000000001.jpg ...`,
    splits: { test: undefined },
  },
  async (_, folder) => {
    const pictures = folder.pictures("test2014");
    const list = folder.file("annotations/image_info_test2014.json", "image_info_test2014.json");
    return mapTable(await openJson(list, ["images"]), ({ value, where }) => {
      const image = fieldsOf(value, where);
      return { image: pictures(image.text("file_name"), image.id("id")), captions: [] };
    });
  },
);
