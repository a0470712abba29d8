import { imageTowerWeights, textTowerWeights } from "../checkpoints/towers.ts";
import type { ModelConfig } from "../models/index.ts";
import type { ParameterStore } from "./parameter-store.ts";

/** Fills the towers that start from published weights, except the parts in `taken`; says on standard error which. */
export async function fillTowers(
  { image, text }: ModelConfig,
  store: ParameterStore,
  taken: readonly string[],
): Promise<void> {
  const fill = async (part: string, from: string, read: () => ReturnType<typeof imageTowerWeights>) => {
    const { weights, dropped } = await read();
    for (const [name, values] of Object.entries(weights)) store.weights[`${part}.${name}`]!.set(values);
    process.stderr.write(`${part} from ${from}: ${Object.keys(weights).length} tensors`);
    process.stderr.write(dropped.size === 0 ? "\n" : `; ${dropped.size} of the file left out\n`);
  };
  const { from: imageFrom } = image;
  if (imageFrom !== undefined && !taken.includes("model.image")) {
    await fill("model.image", imageFrom, () => imageTowerWeights({ ...image, from: imageFrom }));
  }
  const { from: textFrom } = text;
  if (textFrom !== undefined && !taken.includes("model.text")) {
    await fill("model.text", textFrom, () => textTowerWeights({ ...text, from: textFrom }));
  }
}
