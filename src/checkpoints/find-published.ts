import { resolve } from "node:path";
import type { WantedFile } from "../hub/choose.ts";
import { locate } from "../hub/locate.ts";
import { isCheckpointName } from "./open-original.ts";
import { openPublished, type PublishedFolder } from "./open-published.ts";

/** Everything small: sizes, tokenizer and image processor, in whichever files they lie. */
const descriptions: readonly WantedFile[] = [
  "config.json",
  "preprocessor_config*.json",
  "processor_config*.json",
  "tokenizer*.json",
  "special_tokens_map*.json",
  "added_tokens*.json",
  "vocab*.txt",
  "vocab*.json",
  "merges*.txt",
  "spiece*.model",
  "spm*.model",
  "sentencepiece*.model",
];

const weights: readonly WantedFile[] = [
  ["model.safetensors", "model-*.safetensors", "pytorch_model.bin", "pytorch_model-*.bin"],
  "model.safetensors.index*.json",
  "pytorch_model.bin.index*.json",
];

/** A published model that was found: what `PublishedFolder` says, and how to find it again. */
export interface PublishedSource extends PublishedFolder {
  /** "org/name@commit" of the hub, or the folder or file. */
  readonly source: string;
}

/**
 * A model of the hub ("org/name", "org/name@revision"), a folder as `save_pretrained` writes it, or a checkpoint in its
 * authors' own layout (.ckpt, .pt, .pth); `withWeights` downloads the weights of the first too.
 * @throws BifocalError when it is not there or of a kind that Bifocal does not know.
 */
export async function findPublished(source: string, withWeights: boolean): Promise<PublishedSource> {
  if (isCheckpointName(source)) return { ...(await openPublished(resolve(source))), source };
  const files = withWeights ? [...descriptions, ...weights] : descriptions;
  const { folder, id, revision } = await locate(source, { files });
  const published = await openPublished(folder);
  return { ...published, source: id === undefined ? folder : `${id}@${revision}` };
}
