import { showShape } from "../core/shape.ts";
import { writeSafetensors } from "../files/safetensors.ts";
import { printResult, table, verb } from "./verb.ts";

interface ForwardFlags {
  readonly inputs: string;
  readonly output: string;
  readonly checkpoint: string;
  readonly json?: boolean;
}

/** `bifocal forward <run>` */
export const forward = verb("forward", "run a model on raw named tensors and store what comes out", [
  "forward runs/meter-tiny --inputs inputs.safetensors --output outputs.safetensors",
])
  .argument("<run>", "run folder")
  .requiredOption(
    "--inputs <file>",
    "safetensors with pixel_values f32[B,3,S,S], input_ids and attention_mask i32[B,T]",
  )
  .requiredOption("--output <file>", "safetensors to write")
  .option("--checkpoint <which>", "final, best or last", "final")
  .action(async (path: string, flags: ForwardFlags) => {
    const { openForUse } = await import("./open.ts");
    const run = await openForUse(path, flags.checkpoint);
    const [{ forward: compute }, { defaultBackend }] = await Promise.all([
      import("../eval/forward.ts"),
      import("../backends/default.ts"),
    ]);
    const tensors = await compute(defaultBackend, run, flags.inputs);
    await writeSafetensors(flags.output, tensors);
    const outputs = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
    printResult(
      flags.json,
      { output: flags.output, checkpoint: run.checkpoint, outputs },
      table(tensors.map(({ name, shape }) => [name, showShape(shape)])),
    );
  });
