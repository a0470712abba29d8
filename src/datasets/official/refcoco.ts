import { fail } from "../../core/index.ts";
import { mapTable, tableOf } from "../../files/table.ts";
import { type OfficialDataset, officialDataset } from "../official-dataset.ts";
import { openReferBoxes } from "./refer-boxes.ts";
import { readReferences } from "./refer-pickle.ts";

/** RefCOCO, RefCOCO+ and RefCOCOg in the form of `refer`; one example is an object with all that was said of it. */

interface Variant {
  readonly folder: string;
  readonly title: string;
  readonly citation: string;
  /** Who made the split; it is part of the file's name. */
  readonly splitBy: string;
  readonly splits: Readonly<Record<string, number | undefined>>;
}

const both = "Kazemzadeh et al. 2014, EMNLP; Yu et al. 2016, arXiv:1608.00272";

const variants: Readonly<Record<string, Variant>> = {
  refcoco: {
    folder: "refcoco",
    title: "RefCOCO, UNC split",
    citation: both,
    splitBy: "unc",
    splits: { train: 42_404, val: 3_811, testA: 1_975, testB: 1_810 },
  },
  "refcoco+": {
    folder: "refcoco+",
    title: "RefCOCO+, UNC split",
    citation: both,
    splitBy: "unc",
    splits: { train: undefined, val: undefined, testA: undefined, testB: undefined },
  },
  refcocog: {
    folder: "refcocog",
    title: "RefCOCOg, UMD split",
    citation: "Mao et al. 2016, arXiv:1511.02283; split: Nagaraja, Morariu & Davis 2016, arXiv:1608.00525",
    splitBy: "umd",
    splits: { train: undefined, val: undefined, test: undefined },
  },
  "refcocog-google": {
    folder: "refcocog",
    title: "RefCOCOg, Google split",
    citation: "Mao et al. 2016, arXiv:1511.02283",
    splitBy: "google",
    splits: { train: undefined, val: undefined },
  },
};

/** The readers of the three data sets, RefCOCOg in both of its splits. */
export const refCoco: readonly OfficialDataset<"referring">[] = Object.entries(variants).map(
  ([name, { folder: part, title, citation, splitBy, splits }]) =>
    officialDataset(
      {
        name,
        title,
        form: "referring",
        homePage: "https://github.com/lichengunc/refer",
        licence: "see the home page; pictures under Flickr's terms of use",
        citation,
        tree: `
${part}/refs(${splitBy}).p     or without the folder
${part}/instances.json
train2014/COCO_train2014_000000000009.jpg ...    or images/mscoco/images/train2014/`,
        splits,
      },
      async (split, folder) => {
        const list = folder.file(`${part}/refs(${splitBy}).p`, `refs(${splitBy}).p`);
        const instances = folder.file(`${part}/instances.json`, "instances.json");
        const pictures = folder.pictures("train2014", "images/mscoco/images/train2014", "images/train2014");
        const boxes = await openReferBoxes(instances);
        const references = (await readReferences(list)).filter((reference) => reference.split === split);
        return mapTable(tableOf(references), ({ refId, annotationId, imageId, expressions }) => {
          const where = `${list} ref_id ${refId}`;
          const file = boxes.fileNameOf(imageId);
          if (file === undefined) {
            return fail("data", where, { expected: `image_id ${imageId} in ${instances}`, got: "none" });
          }
          const objects = boxes.objectsOf(imageId);
          const target = objects.findIndex((object) => object.annotationId === annotationId);
          if (target < 0) {
            fail("data", where, {
              expected: `ann_id ${annotationId} of image ${imageId} in ${instances}`,
              got: "none",
            });
          }
          const candidates = objects.map(({ box }) => box);
          return { image: pictures(file, `${imageId}`), id: `${refId}`, expressions, candidates, target };
        });
      },
    ),
);
