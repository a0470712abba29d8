import { fail } from "../core/index.ts";
import { utf8 } from "../files/file-ranges.ts";
import { mapTable, type Table } from "../files/table.ts";
import { openTarShards, type SamplePart, type TarSample } from "../files/webdataset.ts";
import { type ExampleRow, exampleRow } from "./example-row.ts";
import type { ExampleOf, StoredImage } from "./examples.ts";
import { type PictureForm, packLayouts } from "./pack-layout.ts";
import { exampleOfFields, formOfColumns } from "./row-examples.ts";

/**
 * WebDataset shards, ours and others': a picture (jpg, jpeg, png, webp, gif, tiff, avif; 0.jpg and 1.jpg where there
 * are two), and beside it json with the fields of the form, txt with a caption or cls with a class. In json "image"
 * names the picture ("images" both); without it the sample's key does.
 */

const pictureExtensions = ["jpg", "jpeg", "png", "webp", "gif", "tif", "tiff", "avif"];

/** The examples of the shards; with `cacheFolder` the index of each shard is kept there. */
export async function webdatasetExamples<F extends PictureForm>(
  form: F,
  paths: readonly string[],
  cacheFolder?: string,
): Promise<Table<ExampleOf[F]>> {
  const { size, sample } = await openTarShards(paths, cacheFolder);
  return mapTable({ size, get: sample }, async (found) => {
    const record = await recordOf(found);
    return exampleOfFields(form, {
      row: await fieldsOfSample(form, found, record),
      images: imagesOf(found, record, packLayouts[form].pictures.length),
      key: found.key,
    });
  });
}

/** The form that the first sample of the shards tells, undefined where it tells none. */
export async function webdatasetForm(paths: readonly string[]): Promise<PictureForm | undefined> {
  const { size, sample } = await openTarShards(paths.slice(0, 1));
  if (size === 0) return undefined;
  const first = await sample(0);
  if (first.parts.has("cls")) return "classes";
  const record = await recordOf(first);
  const names = record === undefined ? [] : record.names();
  return formOfColumns([...names, ...(names.includes("images") ? ["image_0"] : [])]) ?? textForm(first);
}

const textForm = (sample: TarSample) => (sample.parts.has("txt") ? "captions" : undefined);

/** The record's fields; captions and classes may lie in parts of their own. */
async function fieldsOfSample(
  form: PictureForm,
  sample: TarSample,
  record: ExampleRow | undefined,
): Promise<ExampleRow> {
  const rowWith = (values: Readonly<Record<string, unknown>>) =>
    exampleRow({ ...values }, `${sample.where}${record === undefined ? "" : ".json"}`);
  if (form === "captions" && record?.has("captions") !== true) {
    const captions = record?.has("caption") ? record.texts("caption") : [await textOf(partOf(sample, "txt"))];
    return rowWith({ captions });
  }
  if (form === "classes" && sample.parts.has("cls")) {
    const text = (await textOf(partOf(sample, "cls"))).trim();
    if (!/^\d{1,9}$/.test(text)) {
      fail("data", `${sample.where}.cls`, {
        expected: "a class number",
        got: JSON.stringify(text.slice(0, 80)),
      });
    }
    return rowWith({ label: record?.has("label") ? record.text("label") : text, class: Number(text) });
  }
  return record ?? missing(sample, form === "classes" ? "a cls part" : "a json part");
}

function imagesOf(sample: TarSample, record: ExampleRow | undefined, count: number): StoredImage[] {
  if (count === 1) {
    return [imageOf(sample, "", record?.has("image") ? record.id("image") : sample.key)];
  }
  const ids = record?.has("images") ? record.texts("images") : [];
  return Array.from({ length: count }, (_, i) => imageOf(sample, `${i}.`, ids[i] ?? `${sample.key}.${i}`));
}

function imageOf(sample: TarSample, before: string, id: string): StoredImage {
  const found = pictureExtensions.filter((extension) => sample.parts.has(before + extension));
  const [extension] = found;
  if (extension === undefined || found.length > 1) {
    return missing(sample, `one picture (${pictureExtensions.map((end) => before + end).join(", ")})`);
  }
  const part = sample.parts.get(before + extension)!;
  const where = `${sample.where}.${before}${extension}`;
  return {
    id,
    where,
    read: async () => {
      const bytes = await part.read();
      if (bytes.length === 0) fail("data", where, { expected: "a picture", got: "an empty file" });
      return bytes;
    },
  };
}

async function recordOf(sample: TarSample): Promise<ExampleRow | undefined> {
  const part = sample.parts.get("json");
  if (part === undefined) return undefined;
  const where = `${sample.where}.json`;
  const text = await textOf(part);
  try {
    return exampleRow(JSON.parse(text), where);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail("data", where, { expected: "JSON", got: error.message });
  }
}

function partOf(sample: TarSample, extension: string): SamplePart {
  return sample.parts.get(extension) ?? missing(sample, `a ${extension} part`);
}

function missing(sample: TarSample, expected: string): never {
  return fail("data", sample.where, { expected, got: [...sample.parts.keys()].join(", ") });
}

async function textOf(part: SamplePart): Promise<string> {
  const bytes = await part.read();
  return utf8(bytes, part.where);
}
