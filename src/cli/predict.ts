import { statSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../core/errors.ts";
import type { StoredImage } from "../datasets/examples.ts";
import type { OpenedRun } from "../eval/open-run.ts";
import type { Prediction, Predictor } from "../eval/predict.ts";
import { writeTextAtomic } from "../files/atomic.ts";
import type { TaskConfig } from "../tasks/index.ts";
import { type BackendFlags, backendOf, withBackend } from "./backend-options.ts";
import { searchOptions } from "./search-options.ts";
import { collect, countOption, printResult, verb } from "./verb.ts";

interface PredictFlags extends BackendFlags {
  readonly image?: readonly string[];
  readonly text?: readonly string[];
  readonly csv?: string;
  readonly imageColumn: string;
  readonly textColumn: string;
  readonly pictures?: string;
  readonly out?: string;
  readonly resume?: boolean;
  readonly allowUrls?: boolean;
  readonly truncate?: boolean;
  readonly batch: string;
  readonly checkpoint: string;
  readonly explain?: string;
  readonly beams: string;
  readonly lengthPenalty: string;
  readonly json?: boolean;
}

/** `bifocal predict <run>` */
export const predict = withBackend(
  verb("predict", "use a run on pictures and texts of your own", [
    'predict runs/meter-tiny-vqa --image cat.png --text "is there a cat?"',
    "predict runs/meter-tiny-captioning --image cat.png --beams 4",
    "predict runs/meter-tiny-classification --csv list.csv --out labels.csv",
    'predict runs/meter-tiny --image photos/ --text "a cat on a blue background"',
    "predict runs/meter-tiny-vqa --csv list.csv --image-column photo --text-column question --out answers.csv",
    'predict runs/vilt-tiny --image cat.png --text "a [MASK] on a [MASK] background" --explain cat.html',
  ]),
)
  .argument("<run>", "run folder")
  .option("--image <file>", "picture file, or a folder of them; can be repeated", collect)
  .option(
    "--text <text>",
    "question or caption; can be repeated. A run pretrained with mlm fills words written [MASK]; a run that writes captions or labels pictures needs none",
    collect,
  )
  .option("--csv <file>", "a list instead: .csv, .tsv or .jsonl with a row for each picture and text")
  .option("--image-column <name>", "lists: the column of pictures' paths", "image")
  .option("--text-column <name>", "lists: the column of texts; --text gives one for all rows", "text")
  .option("--pictures <folder>", "lists: what the paths are relative to (default: the list's folder)")
  .option("--out <file>", "lists: where results go, .csv or .jsonl, written as they come")
  .option("--resume", "lists: go on in --out where it was stopped")
  .option("--allow-urls", "fetch pictures of http and https addresses, each at most 32 MB in 30 s")
  .option("--truncate", "cut texts that are longer than the model reads, instead of refusing them")
  .option("--batch <n>", "pairs judged at a time", "16")
  .option("--checkpoint <which>", "final, best or last", "final")
  .option("--explain <file>", "write a page that shows where in the picture each word belongs (HTML)")
  .option("--beams <n>", "captioning: beginnings of a caption kept at each step; 1 is greedy", "1")
  .option(
    "--length-penalty <alpha>",
    "captioning: how much longer captions are favoured by several beams",
    "0.6",
  )
  .addHelpText(
    "after",
    "\nA picture that cannot be read ends nothing; the exit code is 2 where there was one.",
  )
  .action(async (path: string, flags: PredictFlags) => {
    refuseMixtures(flags);
    const { openForUse } = await import("./open.ts");
    const run = await openForUse(path, flags.checkpoint);
    refuseForTask(run, flags);
    return flags.csv === undefined ? predictPairs(run, flags) : predictRows(run, flags);
  });

/** @throws BifocalError "usage" for flags of a list without one, and the other way round. */
function refuseMixtures({ csv, image, text, out, resume, explain }: PredictFlags): void {
  const where = "bifocal predict";
  if (csv === undefined) {
    if (image === undefined) fail("usage", where, { expected: "--image or --csv", got: "neither" });
    if (out !== undefined || resume !== undefined)
      fail("usage", where, { got: "--out or --resume without --csv" });
    return;
  }
  if (image !== undefined || explain !== undefined) {
    fail("usage", where, { got: "--csv together with --image or --explain", todo: "give one of them" });
  }
  if (out === undefined)
    fail("usage", where, { expected: "--out FILE for the results of --csv", got: "none" });
  if (text !== undefined && text.length > 1) {
    fail("usage", where, { expected: "one --text for all rows of --csv", got: String(text.length) });
  }
}

/** What runs do that read pictures alone. */
const withoutTexts: Readonly<Partial<Record<TaskConfig["kind"], string>>> = {
  captioning: "writes captions",
  classification: "labels pictures",
};
/** What runs read that is no picture with a text. */
const ofOtherThings: Readonly<Partial<Record<TaskConfig["kind"], string>>> = {
  sentences: "sentences without pictures",
  nlvr2: "two pictures at a time",
  referring: "boxes beside pictures",
};

const readsTexts = ({ config }: OpenedRun) => withoutTexts[config.task.kind] === undefined;

/** @throws BifocalError "usage" for a run that predicts nothing here, texts that one does not read, and where they lack. */
function refuseForTask(run: OpenedRun, { csv, text, explain }: PredictFlags): void {
  const { kind } = run.config.task;
  const other = ofOtherThings[kind];
  if (other !== undefined) {
    fail("usage", run.config.name, {
      expected: "a run that reads one picture, or one with a text",
      got: `task ${kind}, which reads ${other}`,
      todo: `lay out your examples as a data set has them: bifocal eval RUN --task ${kind} --data NAME --root PATH`,
    });
  }
  if (readsTexts(run)) {
    if (csv !== undefined || text !== undefined) return;
    fail("usage", "bifocal predict", { expected: "--text beside --image", got: "none" });
  }
  for (const [option, value] of [
    ["--text", text?.[0]],
    ["--explain", explain],
  ]) {
    if (value === undefined) continue;
    fail("usage", option!, {
      expected: `none, the run ${withoutTexts[kind]}`,
      got: `"${value}"`,
      todo: "leave it out",
    });
  }
}

async function openFor(run: OpenedRun, flags: PredictFlags, most: number): Promise<Predictor> {
  const backend = await backendOf(flags);
  if (run.config.task.kind === "captioning") {
    const { openCaptionPredictor } = await import("../eval/caption-predictor.ts");
    return openCaptionPredictor(backend, run, searchOptions(flags));
  }
  const batch = Math.min(countOption("--batch", flags.batch), most);
  if (run.config.task.kind === "classification") {
    const { openLabelPredictor } = await import("../eval/label-predictor.ts");
    return openLabelPredictor(backend, run, batch);
  }
  const { openPairPredictor } = await import("../eval/pair-predictor.ts");
  return openPairPredictor(backend, run, { batch, tooLong: flags.truncate ? "truncate" : "error" });
}

async function predictRows(run: OpenedRun, flags: PredictFlags): Promise<void> {
  const { predictList } = await import("../eval/predict-list.ts");
  const predictor = await openFor(run, flags, Number.POSITIVE_INFINITY);
  const [text] = readsTexts(run) ? (flags.text ?? []) : [""];
  const out = flags.out!;
  const result = await predictList(predictor, {
    path: flags.csv!,
    imageColumn: flags.imageColumn,
    text: text === undefined ? { column: flags.textColumn } : { forAll: text },
    folder: flags.pictures,
    out,
    resume: flags.resume === true,
    allowUrls: flags.allowUrls === true,
  });
  const { rows, before, failed, failures } = result;
  if (failed > 0) process.exitCode = 2;
  const rest = failed - failures.length;
  printResult(flags.json, { checkpoint: run.checkpoint, ...result, out }, [
    `${out}: ${rows} rows${before > 0 ? `, ${before} of them from before` : ""}${failed > 0 ? `, ${failed} failed` : ""}`,
    ...failures.map(({ row, error }) => `  row ${row}: ${error}`),
    ...(rest > 0 ? [`  ... and ${rest} more`] : []),
  ]);
}

async function predictPairs(run: OpenedRun, flags: PredictFlags): Promise<void> {
  const [texts, images] = [flags.text ?? [""], await imagesOf(flags.image!, flags.allowUrls === true)];
  const [{ predict: ask }, { explain, hasMask }, { explanationPage, linesOf }, { isAddress }] =
    await Promise.all([
      import("../eval/predict.ts"),
      import("../eval/explain.ts"),
      import("../eval/explanation-page.ts"),
      import("../datasets/listed-pictures.ts"),
    ]);
  const predictor = await openFor(run, flags, images.length * texts.length);
  const predictions = await ask(predictor, images, texts);
  if (predictions.some(({ error }) => error !== undefined)) process.exitCode = 2;
  if (!readsTexts(run)) {
    printResult(
      flags.json,
      { checkpoint: run.checkpoint, predictions: predictions.map(({ text: _, ...rest }) => rest) },
      predictions.map(({ image, caption, answers, error }) => {
        const labels = answers?.map(
          ({ answer, probability }) => `${answer} ${(100 * probability).toFixed(1)} %`,
        );
        return `${image}  ${caption ?? labels?.join(", ") ?? `error: ${error}`}`;
      }),
    );
    return;
  }
  const fine = predictions.filter(({ error }) => error === undefined);
  const asksWords = texts.some((text) => hasMask(text, run.tokenizer));
  const explains = asksWords || flags.explain !== undefined;
  const address = images.find(({ id }) => explains && isAddress(id));
  if (address !== undefined) {
    fail("usage", address.id, {
      expected: "a file to explain",
      got: "an address",
      todo: "download it first",
    });
  }
  const explained = explains ? await explain(await backendOf(flags), run, pathsOf(images, fine), texts) : [];
  const explanationOf = (prediction: Prediction) => explained[fine.indexOf(prediction)];
  const all = predictions.map((prediction) => {
    const { filled, masks } = explanationOf(prediction) ?? { masks: [] };
    return masks.length === 0 ? prediction : { ...prediction, filled, masks };
  });
  if (flags.explain !== undefined) {
    await writeTextAtomic(flags.explain, await explanationPage(run, explained, fine));
  }
  const page = flags.explain === undefined ? {} : { page: flags.explain };
  const lines = predictions.flatMap((prediction) => [
    `${prediction.image}  "${prediction.text}"`,
    ...(prediction.error === undefined ? linesOf(prediction) : [`error: ${prediction.error}`]).map(
      (line) => `  ${line}`,
    ),
    ...(explanationOf(prediction)?.masks ?? []).map(
      ({ guesses }, mask) =>
        `  mask ${mask + 1}: ${guesses.map(({ word, probability }) => `${word} ${(100 * probability).toFixed(1)} %`).join(", ")}`,
    ),
  ]);
  printResult(flags.json, { checkpoint: run.checkpoint, predictions: all, ...page }, [
    ...lines,
    ...(flags.explain === undefined ? [] : [`page  ${flags.explain}`]),
  ]);
}

/** Pictures of files, folders and addresses, in the order given. */
async function imagesOf(names: readonly string[], allowUrls: boolean): Promise<StoredImage[]> {
  const [{ addressImage }, { isAddress }, { picturesBelow }, { pictureFile, storedImage }] =
    await Promise.all([
      import("../eval/predict-list.ts"),
      import("../datasets/listed-pictures.ts"),
      import("../datasets/picture-folder.ts"),
      import("../datasets/dataset-folder.ts"),
    ]);
  const found: StoredImage[] = [];
  for (const name of names) {
    if (isAddress(name)) found.push(addressImage(name, allowUrls));
    else if (statSync(name, { throwIfNoEntry: false })?.isDirectory()) {
      for (const picture of await picturesBelow(name)) {
        found.push(storedImage(name, picture, join(name, picture)));
      }
    } else found.push(pictureFile(name));
  }
  return found;
}

/** The files of the pictures that could be judged; explaining reads them again. */
function pathsOf(images: readonly StoredImage[], fine: readonly Prediction[]): string[] {
  const judged = new Set(fine.map(({ image }) => image));
  return images.filter(({ id }) => judged.has(id)).map(({ where }) => where);
}
