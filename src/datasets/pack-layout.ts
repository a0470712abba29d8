import { fail } from "../core/index.ts";
import type { ParquetColumnKind } from "../files/write-parquet.ts";
import type { ExampleOf, Form } from "./examples.ts";

/** How packed examples are laid out, by their form: one picture or two, and the fields beside them. */

/** Forms with pictures; text alone needs no packing. */
export type PictureForm = Exclude<Form, "sentences" | "text">;

/** A packed form: names of its pictures, and its other fields in the order they are written. */
export interface PackLayout {
  readonly pictures: readonly string[];
  readonly fields: Readonly<Record<string, FieldKind>>;
}

type FieldKind = Exclude<ParquetColumnKind, "picture">;

type LayoutOf<F extends Form> = PackLayout & {
  readonly fields: { readonly [K in Exclude<keyof ExampleOf[F], "image" | "images">]-?: FieldKind };
};

const one = ["image"];

/** The layout of each form. */
export const packLayouts: { readonly [F in PictureForm]: LayoutOf<F> } = {
  captions: { pictures: one, fields: { captions: "texts" } },
  regions: { pictures: one, fields: { captions: "texts", boxes: "json" } },
  questions: {
    pictures: one,
    fields: {
      questionId: "text",
      question: "text",
      questionType: "text",
      answers: "texts",
      answerType: "text",
    },
  },
  "scored questions": {
    pictures: one,
    fields: { questionId: "text", question: "text", answers: "json" },
  },
  "pair statements": {
    pictures: ["image_0", "image_1"],
    fields: { id: "text", sentence: "text", label: "json" },
  },
  entailment: { pictures: one, fields: { id: "text", hypothesis: "text", label: "text" } },
  referring: {
    pictures: one,
    fields: { id: "text", expressions: "texts", candidates: "json", target: "json" },
  },
  memes: { pictures: one, fields: { id: "text", text: "text", hateful: "json" } },
  classes: { pictures: one, fields: { label: "text", class: "json" } },
};

/** Whether examples of a form have pictures. */
export function isPictureForm(form: Form): form is PictureForm {
  return Object.hasOwn(packLayouts, form);
}

const signatures: readonly (readonly [extension: string, at: number, bytes: string])[] = [
  ["jpg", 0, "\xff\xd8\xff"],
  ["png", 0, "\x89PNG\r\n\x1a\n"],
  ["webp", 8, "WEBP"],
  ["gif", 0, "GIF8"],
  ["avif", 4, "ftypavi"],
  ["tiff", 0, "II*\0"],
  ["tiff", 0, "MM\0*"],
];

/** The extension for encoded bytes, by what they begin with. @throws BifocalError "data" at `where` for no picture. */
export function pictureExtension(bytes: Uint8Array, where: string): string {
  const head = Buffer.from(bytes.subarray(0, 12)).toString("latin1");
  const found = signatures.find(([, at, start]) => head.startsWith(start, at));
  if (found !== undefined) return found[0];
  return fail("data", where, {
    expected: "a picture: JPEG, PNG, WebP, GIF, TIFF or AVIF",
    got:
      bytes.length === 0
        ? "no bytes"
        : `bytes that begin with ${Buffer.from(head, "latin1").toString("hex")}`,
  });
}
