import { existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { writeFolderAtomic, writeTextAtomic } from "../files/atomic.ts";
import type { NamedTensor } from "../files/safetensors.ts";
import { memoryDtype, type TensorFile } from "../files/tensor-file.ts";
import { findPublished } from "./find-published.ts";
import { loadPublished, openPublishedWeights } from "./load-published.ts";
import { tokenizerOf } from "./tokenizer-of.ts";
import { writePublished } from "./write-published.ts";

/** What an import found and wrote. */
export interface Imported {
  /** "org/name@commit", or the folder or file it came from. */
  readonly source: string;
  readonly className: string;
  /** Numbers in the model's parameters; published classes may share some that we keep once. */
  readonly parameters: number;
  /** Names in the published file that the class does not use, with the reason. */
  readonly unused: Readonly<Record<string, string>>;
  /** Why there is no tokenizer.json though the model reads texts; absent where all is well. */
  readonly lacksTokenizer?: string;
  /** Names of the files written. */
  readonly files: readonly string[];
}

/** Files taken over as they are, where there are any. */
const copied = ["preprocessor_config.json", "processor_config.json", "tokenizer_config.json", "README.md"];

/**
 * Takes over a published model, of the hub, a folder or a checkpoint's file, into a new folder `out`: config.json, every tensor in
 * safetensors under its published name, tokenizer.json and image processor, whatever formats they were in. The class
 * is loaded first, so that what is written is known to be whole.
 * @throws BifocalError when the model is not there, is not whole or does not fit its config.json, or `out` exists.
 */
export async function importModel(
  from: string,
  out: string,
  dtype: "f32" | "f16" | "bf16",
): Promise<Imported> {
  const published = await findPublished(from, true);
  const { className, weights, dropped } = await loadPublished(published);
  const parameters = Object.values(weights).reduce((sum, values) => sum + values.length, 0);
  const files: string[] = [];
  const file = await openPublishedWeights(published);
  try {
    const { json: tokenizer, lack } = await tokenizerOf(published);
    await mkdir(dirname(out), { recursive: true });
    await writeFolderAtomic(out, async (folder) => {
      const config = { ...published.config, architectures: [className] };
      files.push(...(await writePublished(folder, config, await allTensors(file), dtype)));
      if (tokenizer !== undefined) {
        await writeTextAtomic(join(folder, "tokenizer.json"), tokenizer);
        files.push("tokenizer.json");
      }
      for (const name of copied.filter((present) => existsSync(join(published.folder, present)))) {
        await copyFile(join(published.folder, name), join(folder, name));
        files.push(name);
      }
    });
    const unused = Object.fromEntries(dropped);
    const { source } = published;
    return { source, className, parameters, unused, ...(lack && { lacksTokenizer: lack }), files };
  } finally {
    await file.close();
  }
}

async function allTensors(file: TensorFile): Promise<NamedTensor[]> {
  const tensors: NamedTensor[] = [];
  for (const [name, { dtype, shape }] of file.tensors) {
    tensors.push({ name, dtype: memoryDtype[dtype], shape, data: await file.read(name) });
  }
  return tensors;
}
