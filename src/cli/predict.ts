import { fail } from "../core/errors.ts";
import type { OpenedRun } from "../eval/open-run.ts";
import { writeTextAtomic } from "../files/atomic.ts";
import { type BackendFlags, backendOf, withBackend } from "./backend-options.ts";
import { searchOptions } from "./search-options.ts";
import { collect, printResult, verb } from "./verb.ts";

interface PredictFlags extends BackendFlags {
  readonly image: readonly string[];
  readonly text?: readonly string[];
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
    'predict runs/meter-tiny --image a.jpg --image b.jpg --text "a cat on a blue background"',
    'predict runs/vilt-tiny --image cat.png --text "a [MASK] on a [MASK] background" --explain cat.html',
  ]),
)
  .argument("<run>", "run folder")
  .requiredOption("--image <file>", "picture file; can be repeated", collect)
  .option(
    "--text <text>",
    "question or caption; can be repeated. A run pretrained with mlm fills words written [MASK]; a captioning run needs none",
    collect,
  )
  .option("--checkpoint <which>", "final, best or last", "final")
  .option("--explain <file>", "write a page that shows where in the picture each word belongs (HTML)")
  .option("--beams <n>", "captioning: beginnings of a caption kept at each step; 1 is greedy", "1")
  .option(
    "--length-penalty <alpha>",
    "captioning: how much longer captions are favoured by several beams",
    "0.6",
  )
  .action(async (path: string, flags: PredictFlags) => {
    const { openForUse } = await import("./open.ts");
    const run = await openForUse(path, flags.checkpoint);
    if (run.config.task.kind === "captioning") return describe(run, flags);
    const texts = flags.text ?? [];
    const [{ predict: ask }, { explain, hasMask }, { explanationPage, linesOf }, backend] = await Promise.all(
      [
        import("../eval/predict.ts"),
        import("../eval/explain.ts"),
        import("../eval/explanation-page.ts"),
        backendOf(flags),
      ],
    );
    const asksWords = texts.some((text) => hasMask(text, run.tokenizer));
    const explained =
      asksWords || flags.explain !== undefined ? await explain(backend, run, flags.image, texts) : undefined;
    const predictions = await ask(backend, run, flags.image, texts);
    const all = predictions.map((prediction, i) => {
      const { filled, masks } = explained?.[i] ?? { masks: [] };
      return masks.length === 0 ? prediction : { ...prediction, filled, masks };
    });
    if (flags.explain !== undefined) {
      await writeTextAtomic(flags.explain, await explanationPage(run, explained ?? [], predictions));
    }
    const page = flags.explain === undefined ? {} : { page: flags.explain };
    const lines = predictions.flatMap((prediction, i) => [
      `${prediction.image}  "${prediction.text}"`,
      ...linesOf(prediction).map((line) => `  ${line}`),
      ...(explained?.[i]?.masks ?? []).map(
        ({ guesses }, mask) =>
          `  mask ${mask + 1}: ${guesses.map(({ word, probability }) => `${word} ${(100 * probability).toFixed(1)} %`).join(", ")}`,
      ),
    ]);
    printResult(flags.json, { checkpoint: run.checkpoint, predictions: all, ...page }, [
      ...lines,
      ...(flags.explain === undefined ? [] : [`page  ${flags.explain}`]),
    ]);
  });

async function describe(run: OpenedRun, flags: PredictFlags): Promise<void> {
  for (const [option, value] of [
    ["--text", flags.text?.[0]],
    ["--explain", flags.explain],
  ]) {
    if (value === undefined) continue;
    fail("usage", option!, {
      expected: "none, the run writes captions",
      got: `"${value}"`,
      todo: "leave it out",
    });
  }
  const [{ openCaptioner }, backend, { readImage }] = await Promise.all([
    import("../eval/captioner.ts"),
    backendOf(flags),
    import("../data/image.ts"),
  ]);
  const pictures = await Promise.all(flags.image.map((image) => readImage(image, run.sizes.imageSize)));
  const write = await openCaptioner(backend, run, searchOptions(flags));
  const captions = await write(pictures);
  const predictions = flags.image.map((image, i) => ({ image, ...captions[i]! }));
  printResult(
    flags.json,
    { checkpoint: run.checkpoint, predictions },
    predictions.map(({ image, caption }) => `${image}  ${caption}`),
  );
}
