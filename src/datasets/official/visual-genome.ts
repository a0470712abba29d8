import { existsSync } from "node:fs";
import { openJson } from "../../files/json-rows.ts";
import { mapTable } from "../../files/table.ts";
import { fieldsOf } from "../fields.ts";
import { officialDataset } from "../official-dataset.ts";

/** Visual Genome's phrases about parts of pictures; one example is a picture with all its phrases. */
export const visualGenome = officialDataset(
  {
    name: "visual-genome",
    title: "Visual Genome region descriptions",
    form: "regions",
    homePage: "https://homes.cs.washington.edu/~ranjay/visualgenome",
    licence: "CC BY 4.0",
    citation: "Krishna et al. 2017, arXiv:1602.07332",
    tree: `
annotations/region_descriptions.json    or region_descriptions.json
images/VG_100K/2.jpg ...                or VG_100K/2.jpg ...
images/VG_100K_2/1.jpg ...              or VG_100K_2/1.jpg ...`,
    splits: { train: 108_077 },
  },
  async (_, folder) => {
    const first = folder.pictures("images/VG_100K", "VG_100K");
    const second = folder.pictures("images/VG_100K_2", "VG_100K_2");
    const list = folder.file("annotations/region_descriptions.json", "region_descriptions.json");
    return mapTable(await openJson(list, []), ({ value, where }) => {
      const picture = fieldsOf(value, where);
      const regions = picture.records("regions");
      const id = picture.id("id");
      const image = second(`${id}.jpg`, id);
      return {
        // The list does not say which of the two folders a picture is in.
        image: existsSync(image.where) ? image : first(`${id}.jpg`, id),
        captions: regions.map((region) => region.text("phrase")),
        boxes: regions.map(
          (region) =>
            [
              region.number("x"),
              region.number("y"),
              region.number("width"),
              region.number("height"),
            ] as const,
        ),
      };
    });
  },
);
