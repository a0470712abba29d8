import { join } from "node:path";
import { stopSignals } from "./stop-signals.ts";
import { printResult, table, verb } from "./verb.ts";

interface DemoFlags {
  readonly out: string;
  readonly json?: boolean;
}

/** `bifocal demo` */
export const demo = verb(
  "demo",
  "pretrain, fine-tune and evaluate a small model on Emoji World, and write a report",
  ["demo", "demo --out runs/second"],
)
  .option(
    "--out <dir>",
    "folder for both runs and the report; an interrupted demonstration continues there",
    join("runs", "demo"),
  )
  .action(async ({ out, json }: DemoFlags) => {
    const stop = stopSignals();
    const [{ runDemo }, { defaultBackend }] = await Promise.all([
      import("../recipes/demo.ts"),
      import("../backends/default.ts"),
    ]);
    const summary = await runDemo(out, defaultBackend, stop.signal);
    if (summary === undefined) {
      process.stderr.write(`stopped; to continue: bifocal demo --out ${out}\n`);
      process.exitCode = stop.received()?.exitCode ?? 1;
      return;
    }
    const { vqa, retrieval } = summary;
    const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
    printResult(json, { ...summary, report: join(out, "report.html") }, [
      `Visual question answering, ${vqa.n} questions a split`,
      ...table([
        ["  unseen scenes", percent(vqa.accuracy)],
        ["  unseen combinations", percent(vqa.unseenCombinations)],
        ["  unseen style", percent(vqa.unseenStyle)],
        ["  question only", percent(vqa.questionOnly)],
        ["  majority", percent(vqa.majority)],
      ]),
      `Retrieval among ${retrieval.n}`,
      ...table([
        ["  caption for picture, R@1", percent(retrieval.i2tR1)],
        ["  picture for caption, R@1", percent(retrieval.t2iR1)],
        ["  unseen style, caption for picture", percent(retrieval.unseenStyleI2tR1)],
        ["  chance", percent(retrieval.chance)],
      ]),
      `${summary.parameters} parameters, ${summary.seconds.toFixed(0)} s, ${summary.samplesPerSecond.toFixed(0)} pictures/s`,
      `report: ${join(out, "report.html")}`,
    ]);
  });
