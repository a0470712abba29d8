/** Examples of a data set as a report shows them. */
import { BifocalError } from "../core/errors.ts";
import { type Thumbnail, thumbnail } from "../data/thumbnail.ts";
import { type Box, type ExampleOf, type Form, imagesOf } from "../datasets/examples.ts";
import type { Table } from "../files/table.ts";
import type { Sample, SampleBox, SamplePicture } from "./report/samples.ts";

/** Longest side of the pictures stored in the page: enough for screens of twice the resolution. */
const side = 480;
/** A Visual Genome picture has some fifty regions. */
const mostBoxes = 12;

/** Indexes of `n` examples spread evenly over a split. */
export function spread(size: number, n: number): number[] {
  const count = Math.min(n, size);
  return Array.from({ length: count }, (_, i) => Math.floor((i * size) / count));
}

/** The examples at these places; one that cannot be read says why. */
export async function dataSamples(
  table: Table<ExampleOf[Form]>,
  indexes: readonly number[],
): Promise<Sample[]> {
  const found: Sample[] = [];
  for (const index of indexes) found.push(await sampleAt(table, index));
  return found;
}

async function sampleAt(table: Table<ExampleOf[Form]>, index: number): Promise<Sample> {
  const pictures: SamplePicture[] = [];
  let name = String(index);
  let fields: Sample["fields"] = [];
  try {
    const example = await table.get(index);
    name = nameOf(index, example);
    fields = fieldsOf(example);
    for (const [i, image] of imagesOf(example).entries()) {
      const bytes = await image.read();
      const small: Thumbnail = await thumbnail(bytes, image.where, side);
      pictures.push({ ...small, alt: `picture ${image.id}`, boxes: i === 0 ? boxesOf(example) : [] });
    }
    return { name, pictures, fields };
  } catch (error) {
    if (!(error instanceof BifocalError) || error.fields.code !== "data") throw error;
    return { name, pictures, fields, problem: error.message };
  }
}

function nameOf(index: number, example: ExampleOf[Form]): string {
  const ids = imagesOf(example).map(({ id }) => id);
  if ("questionId" in example) ids.unshift(example.questionId);
  else if ("id" in example) ids.unshift(example.id);
  return [String(index), ...new Set(ids)].join(" · ");
}

function boxesOf(example: ExampleOf[Form]): SampleBox[] {
  const drawn = ([x, y, width, height]: Box, label: string, isTarget: boolean) => ({
    ...{ x, y, width, height },
    ...{ label, isTarget },
  });
  if ("candidates" in example) {
    return example.candidates.map((box, i) => drawn(box, String(i + 1), i === example.target));
  }
  if ("boxes" in example) {
    return example.boxes.slice(0, mostBoxes).map((box, i) => drawn(box, String(i + 1), false));
  }
  return [];
}

/** Every field but pictures and boxes, by its own name. */
function fieldsOf(example: ExampleOf[Form]): Sample["fields"] {
  const left = new Set(["image", "images", "boxes", "candidates", "id", "questionId"]);
  return Object.entries(example)
    .filter(([name, value]) => !left.has(name) && value !== undefined)
    .map(([name, value]) => ({ name, values: valuesOf(name, value, example) }));
}

function valuesOf(name: string, value: unknown, example: ExampleOf[Form]): string[] {
  if (name === "target") return [`box ${Number(value) + 1}`];
  if (!Array.isArray(value)) return [String(value)];
  const texts = value.map((item) => (typeof item === "string" ? item : scored(item)));
  if (name === "answers") return counted(texts);
  if (!("boxes" in example)) return texts;
  const rest = texts.length - mostBoxes;
  const numbered = texts.slice(0, mostBoxes).map((text, i) => `${i + 1}  ${text}`);
  return rest > 0 ? [...numbered, `... and ${rest} more regions`] : numbered;
}

function scored(item: ExampleOf["scored questions"]["answers"][number]): string {
  return `${item.answer}  ${item.score}`;
}

/** "yes  × 8": what several annotators said. */
function counted(texts: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([text, count]) => (count > 1 ? `${text}  × ${count}` : text));
}
