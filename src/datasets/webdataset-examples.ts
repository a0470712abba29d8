import { fail } from "../core/index.ts";
import { utf8 } from "../files/file-ranges.ts";
import { mapTable, type Table } from "../files/table.ts";
import { openTarShards, type SamplePart, type TarSample } from "../files/webdataset.ts";
import { type ExampleRow, exampleRow } from "./example-row.ts";
import type { CaptionExample, ClassExample, QuestionExample, StoredImage } from "./examples.ts";

/**
 * WebDataset shards, ours and others': a picture (jpg, jpeg, png, webp, gif), and beside it txt, json or cls. In json
 * "image" names the picture; without it the sample's key does.
 */

const pictureExtensions = ["jpg", "jpeg", "png", "webp", "gif"];

/** Captions: "captions" or "caption" of the json, else the text in txt. */
export async function webdatasetCaptions(
  paths: readonly string[],
  cacheFolder?: string,
): Promise<Table<CaptionExample>> {
  return mapTable(await samples(paths, cacheFolder), async (sample) => {
    const record = await recordOf(sample);
    return { image: imageOf(sample, record), captions: await captionsOf(sample, record) };
  });
}

async function captionsOf(sample: TarSample, record: ExampleRow | undefined): Promise<readonly string[]> {
  if (record?.has("captions")) return record.texts("captions");
  if (record?.has("caption")) return record.texts("caption");
  return [await textOf(partOf(sample, "txt"))];
}

/** Questions: "question" of the json, with "questionId" (else the key), "answers" and the types where there are any. */
export async function webdatasetQuestions(
  paths: readonly string[],
  cacheFolder?: string,
): Promise<Table<QuestionExample>> {
  return mapTable(await samples(paths, cacheFolder), async (sample) => {
    const record = (await recordOf(sample)) ?? missing(sample, "a json part");
    const optional = (name: "questionType" | "answerType") =>
      record.has(name) ? { [name]: record.text(name) } : {};
    return {
      image: imageOf(sample, record),
      questionId: record.has("questionId") ? record.id("questionId") : sample.key,
      question: record.text("question"),
      ...optional("questionType"),
      ...(record.has("answers") ? { answers: record.texts("answers") } : {}),
      ...optional("answerType"),
    };
  });
}

/** Classes: the number in cls, named by "label" of the json where there is one. */
export async function webdatasetClasses(
  paths: readonly string[],
  cacheFolder?: string,
): Promise<Table<ClassExample>> {
  return mapTable(await samples(paths, cacheFolder), async (sample) => {
    const text = (await textOf(partOf(sample, "cls"))).trim();
    if (!/^\d{1,9}$/.test(text)) {
      fail("data", `${sample.where}.cls`, {
        expected: "a class number",
        got: JSON.stringify(text.slice(0, 80)),
      });
    }
    const record = await recordOf(sample);
    const label = record?.has("label") ? record.text("label") : text;
    return { image: imageOf(sample, record), label, class: Number(text) };
  });
}

async function samples(paths: readonly string[], cacheFolder?: string): Promise<Table<TarSample>> {
  const { size, sample } = await openTarShards(paths, cacheFolder);
  return { size, get: sample };
}

function imageOf(sample: TarSample, record: ExampleRow | undefined): StoredImage {
  const found = pictureExtensions.filter((extension) => sample.parts.has(extension));
  const [extension] = found;
  if (extension === undefined || found.length > 1) {
    return missing(sample, `one picture (${pictureExtensions.join(", ")})`);
  }
  const part = sample.parts.get(extension)!;
  const where = `${sample.where}.${extension}`;
  return {
    id: record?.has("image") ? record.id("image") : sample.key,
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
