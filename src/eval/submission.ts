/** Predictions as benchmarks take them: whole splits, every example once, in each benchmark's own form. */
import { extname } from "node:path";
import { fail } from "../core/errors.ts";
import { storedDataset } from "../datasets/stored-dataset.ts";
import type { DataConfig } from "../tasks/source.ts";

/** What a run says of an example; a box is [x, y, width, height] in pixels. */
export interface Submitted {
  readonly id: string | undefined;
  readonly prediction: string | readonly number[];
  /** Of memes: the probability that one is hateful. */
  readonly hateful?: number;
}

interface Entry extends Submitted {
  readonly id: string;
}

interface SubmissionForm {
  readonly extension: string;
  write(entries: readonly Entry[]): string;
}

const json = (rows: readonly object[]) => `${JSON.stringify(rows)}\n`;
/** Benchmarks whose pictures are numbered want numbers. */
export const numbered = (id: string) => (/^\d{1,15}$/.test(id) ? Number(id) : id);

const vqa: SubmissionForm = {
  extension: ".json",
  write: (entries) =>
    json(entries.map(({ id, prediction }) => ({ question_id: numbered(id), answer: prediction }))),
};
const captions: SubmissionForm = {
  extension: ".json",
  write: (entries) =>
    json(entries.map(({ id, prediction }) => ({ image_id: numbered(id), caption: prediction }))),
};
const nlvr2: SubmissionForm = {
  extension: ".csv",
  write: (entries) =>
    entries.map(({ id, prediction }) => `${id},${prediction === "true" ? "True" : "False"}\n`).join(""),
};

const glue: SubmissionForm = {
  extension: ".tsv",
  write: (entries) =>
    `index\tprediction\n${entries.map(({ id, prediction }) => `${id}\t${prediction}\n`).join("")}`,
};
const memes: SubmissionForm = {
  extension: ".csv",
  write: (entries) =>
    `id,proba,label\n${entries
      .map(
        ({ id, hateful, prediction }) => `${id},${hateful!.toFixed(6)},${Number(prediction === "hateful")}\n`,
      )
      .join("")}`,
};

/** Forms that benchmarks ask for, by data set; others get the tables that `bifocal score` reads. */
const forms: Readonly<Record<string, SubmissionForm>> = {
  vqav2: vqa,
  "arrow-vqav2": vqa,
  "ok-vqa": vqa,
  vizwiz: {
    extension: ".json",
    write: (entries) => json(entries.map(({ id, prediction }) => ({ image: id, answer: prediction }))),
  },
  gqa: {
    extension: ".json",
    write: (entries) => json(entries.map(({ id, prediction }) => ({ questionId: id, prediction }))),
  },
  "coco-captions": captions,
  "coco-caption-test": captions,
  flickr30k: captions,
  nlvr2,
  "arrow-nlvr2": nlvr2,
  "hateful-memes": memes,
};

/**
 * The text of a submission file named `path` for the split of a run's data set, which has `size` examples.
 * @throws BifocalError "usage" for another kind of file, "data" when examples have no ids, the same ones, or are not all there.
 */
export function submissionText(
  path: string,
  data: DataConfig,
  split: string,
  size: number,
  entries: readonly Submitted[],
): string {
  if (data.kind !== "files") {
    return fail("usage", "--submission", { expected: "a run of one data set in files", got: data.kind });
  }
  const extension = extname(path).toLowerCase();
  const form = data.name.startsWith("glue-") ? glue : forms[data.name];
  const allowed = form === undefined ? [".csv", ".json"] : [form.extension];
  if (!allowed.includes(extension)) {
    fail("usage", `--submission ${path}`, {
      expected: `a ${allowed.join(" or ")} file, which ${data.name} asks for`,
      got: extension || "a name without an ending",
    });
  }
  const ids = idsOf(entries, `${data.name}, split ${split}`, size);
  tellPublished(data.name, split, size);
  if (form !== undefined) {
    return form.write(entries.map((entry, i) => ({ ...entry, id: ids[i]! })));
  }
  if (extension === ".json") return json(entries.map(({ prediction }, i) => ({ id: ids[i]!, prediction })));
  const cell = (value: string) => (/[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const rows = entries.map(({ prediction }, i) => {
    const text = typeof prediction === "string" ? prediction : JSON.stringify(prediction);
    return `${cell(ids[i]!)},${cell(text)}\n`;
  });
  return `id,prediction\n${rows.join("")}`;
}

function idsOf(entries: readonly Submitted[], where: string, size: number): readonly string[] {
  const ids = entries.flatMap(({ id }) => id ?? []);
  const distinct = new Set(ids).size;
  if (ids.length === size && distinct === size && entries.length === size) return ids;
  return fail("data", where, {
    expected: `predictions for all ${size} examples, each with an id of its own`,
    got: `${entries.length} predictions, ${distinct} different ids`,
    todo: "leave out --pictures and data.skip, and name a column of ids",
  });
}

/** A server refuses what is not the published split. */
function tellPublished(name: string, split: string, size: number): void {
  const published = storedDataset(name).splits[split];
  if (published === undefined || published === size) return;
  process.stderr.write(`${name} ${split}: ${size} examples here, published are ${published}\n`);
}
