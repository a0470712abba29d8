import { codebookWeights } from "../checkpoints/codebook.ts";
import type { Filled } from "../checkpoints/fill.ts";
import { imageTowerWeights, textTowerWeights, towerBlocksWeights } from "../checkpoints/towers.ts";
import type { ModelConfig } from "../models/index.ts";
import type { TaskConfig } from "../tasks/index.ts";
import type { ParameterStore } from "./parameter-store.ts";

/** Fills the parts that start from published weights, except those in `taken`; says on standard error which. */
export async function fillTowers(
  model: ModelConfig,
  store: ParameterStore,
  taken: readonly string[],
): Promise<void> {
  const { image, text } = model;
  const fill = async (part: string, from: string | undefined, read: (from: string) => Promise<Filled>) => {
    if (from === undefined || taken.includes(`model.${part}`)) return;
    const { weights, dropped } = await read(from);
    // Rows that a word table has besides keep their initial values.
    for (const [name, values] of Object.entries(weights)) store.weights[`model.${name}`]!.set(values);
    const left = dropped.size === 0 ? "" : `; ${dropped.size} of the file left out`;
    process.stderr.write(`model.${part} from ${from}: ${Object.keys(weights).length} tensors${left}\n`);
  };
  await fill("image", image.from, async (from) =>
    under("image", await imageTowerWeights({ ...image, from })),
  );
  await fill("text", text.from, async (from) => under("text", await textTowerWeights({ ...text, from })));
  if ("tower" in model) await fill("tower", model.tower.from, (from) => towerBlocksWeights(model, from));
}

/** Fills what makes codes of pictures, where a task has it and says from where. */
export async function fillCodebook(task: TaskConfig, store: ParameterStore): Promise<void> {
  const codebook = task.kind === "pretrain" ? task.mimCodes?.codebook : undefined;
  if (codebook?.from === undefined) return;
  const { weights } = await codebookWeights(codebook.from, codebook);
  for (const [name, values] of Object.entries(weights)) {
    store.weights[`heads.mimCodes.codebook.${name}`]!.set(values);
  }
  process.stderr.write(`codebook from ${codebook.from}: ${Object.keys(weights).length} tensors\n`);
}

/** Names under the tower as names under the model. */
function under(part: string, { weights, dropped }: Filled): Filled {
  const names = Object.entries(weights).map(([name, values]) => [`${part}.${name}`, values]);
  return { weights: Object.fromEntries(names), dropped };
}
