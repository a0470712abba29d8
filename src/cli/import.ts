import { basename, join } from "node:path";
import { choiceOption, printResult, table, verb } from "./verb.ts";

/** How weights are stored: the option of all verbs that write them. */
export const weightTypeOption = [
  "--dtype <type>",
  "how weights are stored: f32, f16 or bf16",
  "f32",
] as const;

/** `bifocal import <model>` */
export const importVerb = verb("import", "take over a published model: check it, store it as safetensors", [
  "import openai/clip-vit-base-patch16",
  "import FacebookAI/roberta-base --out models/roberta --dtype bf16",
  "import ./folder-with-pytorch_model.bin --out models/converted",
  "import meter_clip16_288_roberta_pretrain.ckpt --out models/meter",
])
  .argument(
    "<model>",
    "a model of the hub (org/name or org/name@revision), a folder, or a checkpoint of METER, ViLT, VLC, VLMo or BridgeTower as its authors store it",
  )
  .option("--out <dir>", "folder to write (default: models/ and the model's name)")
  .option(...weightTypeOption)
  .action(async (model: string, flags: { out?: string; dtype: string; json?: boolean }) => {
    const dtype = choiceOption("--dtype", flags.dtype, ["f32", "f16", "bf16"]);
    const out = flags.out ?? join("models", basename(model).replace(/(@.*|\.(ckpt|pth?))$/, ""));
    const { importModel } = await import("../checkpoints/import-model.ts");
    const imported = await importModel(model, out, dtype);
    const unused = Object.entries(imported.unused);
    printResult(flags.json, { ...imported, out }, [
      ...table([
        ["from", imported.source],
        ["class", imported.className],
        ["parameters", `${imported.parameters}`],
        ["written", `${out}: ${imported.files.join(", ")}`],
      ]),
      ...unused.map(([name, because]) => `not used: ${name}, which ${because}`),
      ...(imported.lacksTokenizer === undefined ? [] : [`no tokenizer.json: ${imported.lacksTokenizer}`]),
    ]);
  });
