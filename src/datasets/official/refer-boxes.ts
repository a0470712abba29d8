import { fail } from "../../core/index.ts";
import { openJson } from "../../files/json-rows.ts";
import type { Box } from "../examples.ts";
import { type Fields, fieldsOf } from "../fields.ts";

/** The pictures of an `instances.json` and the boxes of their objects, held as numbers. */
export interface ReferBoxes {
  fileNameOf(imageId: number): string | undefined;
  /** Every object of a picture in the file's order. */
  objectsOf(imageId: number): readonly { readonly annotationId: number; readonly box: Box }[];
}

/** Reads COCO's instance format twice, for pictures and for objects; outlines are not kept. */
export async function openReferBoxes(path: string): Promise<ReferBoxes> {
  const files = new Map<number, string>();
  await openJson(path, ["images"], ({ value, where }) => {
    const image = fieldsOf(value, where);
    files.set(image.number("id"), image.text("file_name"));
    return false;
  });
  const numbers: number[] = []; // annotation, x, y, width, height
  const rowsOf = new Map<number, number[]>();
  await openJson(path, ["annotations"], ({ value, where }) => {
    const annotation = fieldsOf(value, where);
    const imageId = annotation.number("image_id");
    const rows = rowsOf.get(imageId);
    if (rows === undefined) rowsOf.set(imageId, [numbers.length]);
    else rows.push(numbers.length);
    numbers.push(annotation.number("id"), ...boxOf(annotation));
    return false;
  });
  return {
    fileNameOf: (imageId) => files.get(imageId),
    objectsOf: (imageId) =>
      (rowsOf.get(imageId) ?? []).map((row) => {
        const [annotationId, x, y, width, height] = numbers.slice(row, row + 5) as [number, ...Box];
        return { annotationId, box: [x, y, width, height] };
      }),
  };
}

function boxOf(annotation: Fields): Box {
  const box = annotation.numbers("bbox");
  if (box.length !== 4)
    fail("data", annotation.where, { expected: '"bbox" as [x, y, width, height]', got: `${box}` });
  return box as unknown as Box;
}
