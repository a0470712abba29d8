import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { showShape } from "../core/shape.ts";
import { type NamedTensor, writeSafetensors } from "../files/safetensors.ts";
import { type BackendFlags, backendOf, withBackend } from "./backend-options.ts";
import { printResult, table, verb } from "./verb.ts";

interface ForwardFlags extends BackendFlags {
  readonly inputs: string;
  readonly output: string;
  readonly checkpoint: string;
  readonly hiddenStates?: boolean;
  readonly attentions?: boolean;
  readonly json?: boolean;
}

/** `bifocal forward <model>` */
export const forward = withBackend(
  verb("forward", "run a model on raw named tensors and store what comes out", [
    "forward ./clip-vit-base-patch16 --inputs inputs.safetensors --output outputs.safetensors",
    "forward FacebookAI/roberta-base --inputs inputs.safetensors --output outputs.safetensors --hidden-states",
    "forward runs/meter-tiny --inputs inputs.safetensors --output outputs.safetensors",
    "forward meter_clip16_288_roberta_vqa.ckpt --inputs inputs.safetensors --output outputs.safetensors",
  ]),
)
  .argument(
    "<model>",
    "run folder, folder written by save_pretrained, model of the hub, or checkpoint of METER, ViLT, VLC, VLMo or BridgeTower as its authors store it",
  )
  .requiredOption(
    "--inputs <file>",
    "safetensors with what the class takes, by its names: pixel_values, input_ids, attention_mask ...",
  )
  .requiredOption("--output <file>", "safetensors to write: last_hidden_state, pooler_output, logits ...")
  .option("--hidden-states", "store hidden_states.0 and so on too (published models)")
  .option("--attentions", "store attentions.0 and so on too (published models)")
  .option("--checkpoint <which>", "final, best or last (runs)", "final")
  .action(async (path: string, flags: ForwardFlags) => {
    const { checkpoint, tensors } = await compute(path, flags);
    await writeSafetensors(flags.output, tensors);
    const outputs = Object.fromEntries(tensors.map(({ name, shape }) => [name, shape]));
    printResult(
      flags.json,
      { output: flags.output, checkpoint, outputs },
      table(tensors.map(({ name, shape }) => [name, showShape(shape)])),
    );
  });

async function compute(
  path: string,
  { inputs, checkpoint, hiddenStates = false, attentions = false, ...flags }: ForwardFlags,
): Promise<{ checkpoint: string; tensors: NamedTensor[] }> {
  const backend = await backendOf(flags);
  if (isRun(path)) {
    const [{ openForUse }, evaluation] = await Promise.all([
      import("./open.ts"),
      import("../eval/forward.ts"),
    ]);
    const run = await openForUse(path, checkpoint);
    return { checkpoint: run.checkpoint, tensors: await evaluation.forward(backend, run, inputs) };
  }
  const [{ findPublished }, { forwardPublished }] = await Promise.all([
    import("../checkpoints/find-published.ts"),
    import("../eval/forward-published.ts"),
  ]);
  const published = await findPublished(path, true);
  const traces = { hiddenStates, attentions };
  const tensors = await forwardPublished(backend, published, inputs, traces);
  return { checkpoint: published.source, tensors };
}

/** Whether the folder is a run or an export of one: a published configuration names its model's type. */
function isRun(path: string): boolean {
  const config = join(path, "config.json");
  if (!existsSync(config)) return false;
  const text = readFileSync(config, "utf8");
  return /"task"\s*:/.test(text) && !/"model_type"\s*:/.test(text);
}
