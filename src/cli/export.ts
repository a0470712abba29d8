import { join } from "node:path";
import { openRunFolder } from "../files/run-folder.ts";
import { weightTypeOption } from "./import.ts";
import { choiceOption, printResult, table, verb } from "./verb.ts";

/** `bifocal export <run>` */
export const exportVerb = verb(
  "export",
  "write what using a run needs, and its towers for the Python library",
  ["export runs/meter-tiny", "export runs/a --out models/a --checkpoint best --dtype bf16"],
)
  .argument("<run>", "run folder")
  .option("--format <format>", "safetensors", "safetensors")
  .option("--out <dir>", "folder to write (default: export in the run folder)")
  .option("--checkpoint <which>", "final, best or last", "final")
  .option(...weightTypeOption)
  .action(
    async (
      path: string,
      flags: { format: string; out?: string; checkpoint: string; dtype: string; json?: boolean },
    ) => {
      choiceOption("--format", flags.format, ["safetensors"]);
      const dtype = choiceOption("--dtype", flags.dtype, ["f32", "f16", "bf16"]);
      const out = flags.out ?? join(path, "export");
      const [{ openForUse }, { exportRun }] = await Promise.all([
        import("./open.ts"),
        import("../eval/export-run.ts"),
      ]);
      const run = await openForUse(path, flags.checkpoint);
      const { files, towers } = await exportRun(await openRunFolder(path), run, out, dtype);
      const kept = (["image", "text"] as const).filter((tower) => !towers.includes(tower));
      printResult(flags.json, { out, checkpoint: run.checkpoint, dtype, files, towers }, [
        ...table([
          ["written", `${out}: ${files.join(", ")}`],
          ...towers.map((tower) => [tower, `${join(out, tower)}, for the Python library`]),
        ]),
        ...kept.map(
          (tower) => `${tower}: no published class has this tower's sizes, it is in model.safetensors alone`,
        ),
      ]);
    },
  );
