import { writeTextAtomic } from "../files/atomic.ts";
import { type BackendFlags, backendOf, withBackend } from "./backend-options.ts";
import { collect, printResult, verb } from "./verb.ts";

interface PredictFlags extends BackendFlags {
  readonly image: readonly string[];
  readonly text: readonly string[];
  readonly checkpoint: string;
  readonly explain?: string;
  readonly json?: boolean;
}

/** `bifocal predict <run>` */
export const predict = withBackend(
  verb("predict", "use a run on pictures and texts of your own", [
    'predict runs/meter-tiny-vqa --image cat.png --text "is there a cat?"',
    'predict runs/meter-tiny --image a.jpg --image b.jpg --text "a cat on a blue background"',
    'predict runs/vilt-tiny --image cat.png --text "a [MASK] on a [MASK] background" --explain cat.html',
  ]),
)
  .argument("<run>", "run folder")
  .requiredOption("--image <file>", "picture file; can be repeated", collect)
  .requiredOption(
    "--text <text>",
    "question or caption; can be repeated. A run pretrained with mlm fills words written [MASK]",
    collect,
  )
  .option("--checkpoint <which>", "final, best or last", "final")
  .option("--explain <file>", "write a page that shows where in the picture each word belongs (HTML)")
  .action(async (path: string, flags: PredictFlags) => {
    const { openForUse } = await import("./open.ts");
    const run = await openForUse(path, flags.checkpoint);
    const [{ predict: ask }, { explain, hasMask }, { explanationPage, linesOf }, backend] = await Promise.all(
      [
        import("../eval/predict.ts"),
        import("../eval/explain.ts"),
        import("../eval/explanation-page.ts"),
        backendOf(flags),
      ],
    );
    const asksWords = flags.text.some((text) => hasMask(text, run.tokenizer));
    const explained =
      asksWords || flags.explain !== undefined
        ? await explain(backend, run, flags.image, flags.text)
        : undefined;
    const predictions = await ask(backend, run, flags.image, flags.text);
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
