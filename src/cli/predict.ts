import { collect, printResult, verb } from "./verb.ts";

interface PredictFlags {
  readonly image: readonly string[];
  readonly text: readonly string[];
  readonly checkpoint: string;
  readonly json?: boolean;
}

/** `bifocal predict <run>` */
export const predict = verb("predict", "use a run on pictures and texts of your own", [
  'predict runs/meter-tiny-vqa --image cat.png --text "is there a cat?"',
  'predict runs/meter-tiny --image a.jpg --image b.jpg --text "a cat on a blue background"',
])
  .argument("<run>", "run folder")
  .requiredOption("--image <file>", "picture file; can be repeated", collect)
  .requiredOption("--text <text>", "question or caption; can be repeated", collect)
  .option("--checkpoint <which>", "final, best or last", "final")
  .action(async (path: string, flags: PredictFlags) => {
    const { openForUse } = await import("./open.ts");
    const run = await openForUse(path, flags.checkpoint);
    const [{ predict: ask }, { defaultBackend }] = await Promise.all([
      import("../eval/predict.ts"),
      import("../backends/default.ts"),
    ]);
    const predictions = await ask(defaultBackend, run, flags.image, flags.text);
    const lines = predictions.flatMap(({ image, text, answers, similarity, match }) => [
      `${image}  "${text}"`,
      ...(answers ?? []).map(
        ({ answer, probability }) => `  ${(100 * probability).toFixed(1).padStart(5)} %  ${answer}`,
      ),
      ...(match === undefined ? [] : [`  match ${(100 * match).toFixed(1)} %`]),
      ...(similarity === undefined ? [] : [`  similarity ${similarity.toFixed(3)}`]),
    ]);
    printResult(flags.json, { checkpoint: run.checkpoint, predictions }, lines);
  });
