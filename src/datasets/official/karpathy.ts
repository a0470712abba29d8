import { openJson } from "../../files/json-rows.ts";
import { mapTable, type Table } from "../../files/table.ts";
import type { CaptionExample, StoredImage } from "../examples.ts";
import { type Fields, fieldsOf } from "../fields.ts";

/**
 * The captions of one split in a file of Karpathy & Fei-Fei 2015 (arXiv:1412.2306): a list of images, each with its
 * split and sentences. `splits` are the file's own names.
 */
export async function openKarpathy(
  path: string,
  splits: readonly string[],
  imageOf: (image: Fields) => StoredImage,
): Promise<Table<CaptionExample>> {
  const rows = await openJson(path, ["images"], ({ value, where }) =>
    splits.includes(fieldsOf(value, where).text("split")),
  );
  return mapTable(rows, ({ value, where }) => {
    const image = fieldsOf(value, where);
    return {
      image: imageOf(image),
      captions: image.records("sentences").map((sentence) => sentence.text("raw")),
    };
  });
}
