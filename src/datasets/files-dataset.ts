import { BifocalError, fail } from "../core/index.ts";
import { concatTables } from "../files/concat-tables.ts";
import type { Table } from "../files/table.ts";
import { commonest, countsOf, softScore } from "./answer-list.ts";
import type {
  AskedQuestion,
  Box,
  CaptionedPicture,
  Forms,
  Picture,
  PictureDataset,
  ReferredBox,
} from "./contracts.ts";
import type { PictureDecoder } from "./data-use.ts";
import type { ExampleOf, Form, StoredImage } from "./examples.ts";
import { hasSeveralAnnotators } from "./files-config.ts";
import { type PreparedFiles, type PreparedSplit, partOfTable } from "./prepare-files.ts";
import { leavingOut } from "./skip-reports.ts";
import { storedDataset } from "./stored-dataset.ts";

/** Opens prepared files in any thread; a split's tables are opened when its first example is asked for. */
export function filesDataset(prepared: PreparedFiles, decoder: PictureDecoder): PictureDataset {
  const { config, form, answers, splits } = prepared;
  const opened = new Map<string, Promise<Table<Found>>>();
  const get = async (split: string, index: number): Promise<Found> => {
    const wanted = splits[split];
    if (wanted === undefined) {
      return fail("data", config.name, { expected: Object.keys(splits).join(", "), got: `split ${split}` });
    }
    const table = opened.get(split) ?? openSplit(prepared, wanted);
    opened.set(split, table);
    return (await table).get(index);
  };
  return {
    name: config.name,
    answers,
    splits: Object.fromEntries(Object.entries(splits).map(([name, { size }]) => [name, size])),
    longTexts: "truncate",
    questionsPerImage: 1,
    forms: formsOf[form](get, picturesOf(decoder), prepared),
  };
}

/** An example, and which of its expressions is meant. */
interface Found {
  readonly example: ExampleOf[Form];
  readonly item: number;
}

type Get = (split: string, index: number) => Promise<Found>;

async function openSplit({ config }: PreparedFiles, prepared: PreparedSplit): Promise<Table<Found>> {
  const { parts, rows, items, size } = prepared;
  const { form, columns, pictures } = config;
  const tables = await Promise.all(
    parts.map(async (part) => {
      const { table } = await storedDataset(config.name).open(part.split, part.path, {
        ...{ form, columns, pictures, damagedFile: leavingOut(part.without) },
      });
      return partOfTable(table, part);
    }),
  );
  const all = concatTables(tables);
  return {
    size,
    get: async (index) => ({
      example: await all.get(rows === undefined ? index : rows[index]!),
      item: items?.[index] ?? 0,
    }),
  };
}

interface Pictures {
  of(image: StoredImage): Picture;
  whole(image: StoredImage): ReferredBox["whole"];
}

function picturesOf(decoder: PictureDecoder): Pictures {
  return {
    of: (image) => ({
      id: image.id,
      pixels: (imageSize, augment) =>
        telling(image, (bytes) => decoder.pixels(bytes, image.where, imageSize, augment)),
    }),
    // Cut-outs are not varied: mirrored, "the left one" would be another.
    whole: (image) => async () => {
      const whole = await telling(image, (bytes) => decoder.whole(bytes, image.where));
      return { ...whole, unit: [1, 1] };
    },
  };
}

/** @throws BifocalError "data" that says how a picture that cannot be used is left out. */
async function telling<T>(image: StoredImage, decode: (bytes: Uint8Array) => Promise<T>): Promise<T> {
  try {
    return await decode(await image.read());
  } catch (error) {
    if (!(error instanceof BifocalError) || error.fields.code !== "data") throw error;
    const todo = "restore it, or run bifocal data check with --report and give the report as data.skip";
    throw new BifocalError({ ...error.fields, todo });
  }
}

type FormsOf = (get: Get, pictures: Pictures, prepared: PreparedFiles) => Partial<Forms>;

/** A form's functions from its examples. */
function reading<F extends Form>(
  make: (
    example: (
      split: string,
      index: number,
    ) => Promise<{ example: ExampleOf[F]; item: number; index: number }>,
    pictures: Pictures,
    prepared: PreparedFiles,
  ) => Partial<Forms>,
): FormsOf {
  return (get, pictures, prepared) =>
    make(
      async (split, index) => {
        const { example, item } = await get(split, index);
        return { example: example as ExampleOf[F], item, index };
      },
      pictures,
      prepared,
    );
}

/** Pictures with captions, of whole pictures or of parts. */
const captioned = reading<"captions" | "regions">((get, pictures) => ({
  pictures: async (split, index) => pictures.of((await get(split, index)).example.image),
  captions: async (split, index): Promise<CaptionedPicture> => {
    const { example } = await get(split, index);
    return { picture: pictures.of(example.image), captions: example.captions };
  },
  texts: async (split, index) => {
    const { example } = await get(split, index);
    return chosenText(example, split);
  },
}));

/** The first caption, for texts alone. @throws BifocalError "data" where captions are held back. */
function chosenText({ image, captions }: ExampleOf["captions"], split: string): string {
  const [first] = captions;
  return (
    first ??
    fail("data", image.where, {
      expected: `a caption of it in split ${split}`,
      got: "none",
      todo: "take another split",
    })
  );
}

const formsOf: Readonly<Record<Form, FormsOf>> = {
  captions: captioned,
  regions: captioned,
  questions: reading<"questions">((get, pictures, { config }) => ({
    pictures: async (split, index) => pictures.of((await get(split, index)).example.image),
    questions: async (split, index) => {
      const { example } = await get(split, index);
      const { image, questionId, question, answers, answerType, questionType } = example;
      const several = hasSeveralAnnotators(config);
      const asked: AskedQuestion = {
        question,
        answer: answers === undefined ? "" : commonest(answers),
        kind: questionType ?? answerType ?? "all",
        id: questionId,
        ...(answerType !== undefined && { answerType }),
        ...(answers !== undefined && several && { annotators: answers, scores: scored(answers) }),
      };
      return { picture: pictures.of(image), questions: [asked] };
    },
  })),
  "scored questions": reading<"scored questions">((get, pictures) => ({
    pictures: async (split, index) => pictures.of((await get(split, index)).example.image),
    questions: async (split, index) => {
      const { example } = await get(split, index);
      const { image, questionId, question, answers } = example;
      const best = [...answers].sort((a, b) => b.score - a.score)[0];
      const scores = answers.filter(({ score }) => score > 0);
      const asked = { question, answer: best?.answer ?? "", kind: "all", id: questionId, scores };
      return { picture: pictures.of(image), questions: [asked] };
    },
  })),
  "pair statements": reading<"pair statements">((get, pictures) => ({
    statements: async (split, index) => {
      const { example } = await get(split, index);
      const { images, id, sentence, label } = example;
      return { question: sentence, answer: `${label}`, kind: "all", id, pictures: images.map(pictures.of) };
    },
  })),
  entailment: reading<"entailment">((get, pictures) => ({
    pictures: async (split, index) => pictures.of((await get(split, index)).example.image),
    hypotheses: async (split, index) => {
      const { example } = await get(split, index);
      const { image, id, hypothesis, label } = example;
      return { question: hypothesis, answer: label, kind: label, id, pictures: [pictures.of(image)] };
    },
  })),
  referring: reading<"referring">((get, pictures) => ({
    pictures: async (split, index) => pictures.of((await get(split, index)).example.image),
    references: async (split, index) => {
      const { example, item } = await get(split, index);
      const { image, id, expressions, candidates, target } = example;
      return {
        expression: expressions[item]!,
        kind: "all",
        id: `${id}-${item}`,
        whole: pictures.whole(image),
        boxes: candidates.map(([x, y, width, height]): Box => ({ x, y, width, height })),
        target,
      };
    },
  })),
  memes: reading<"memes">((get, pictures) => ({
    pictures: async (split, index) => pictures.of((await get(split, index)).example.image),
    memes: async (split, index) => {
      const { example } = await get(split, index);
      const { image, id, text, hateful } = example;
      return { picture: pictures.of(image), id, text, ...(hateful !== undefined && { hateful }) };
    },
  })),
  classes: reading<"classes">((get, pictures) => ({
    pictures: async (split, index) => pictures.of((await get(split, index)).example.image),
    classes: async (split, index) => {
      const { example } = await get(split, index);
      return { picture: pictures.of(example.image), label: example.label };
    },
  })),
  sentences: reading<"sentences">((get) => ({
    sentences: async (split, index) => (await get(split, index)).example,
  })),
  text: reading<"text">((get) => ({ texts: async (split, index) => (await get(split, index)).example.text })),
};

function scored(answers: readonly string[]) {
  return [...countsOf(answers)].flatMap(([answer, count]) => {
    const score = softScore(count, answers.length);
    return score > 0 ? [{ answer, score }] : [];
  });
}
