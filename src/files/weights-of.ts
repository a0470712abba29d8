import type { StoredTensor, TensorFile } from "./tensor-file.ts";

/** The model's weights in a training checkpoint, under the names the model gave them. */

/** Keys under which trainers keep a model's weights beside other state: Lightning, DeepSpeed, plain scripts. */
const roots = ["state_dict", "module", "model"];
/** What data-parallel training puts before every name. */
const wrapper = "module.";

/** A part of a file under shorter names; closing it closes the file. */
export interface WeightsView extends TensorFile {
  /** What was taken off the front of the file's names: "state_dict.", "state_dict.module.", or "" for nothing. */
  readonly prefix: string;
}

/**
 * The weights under the first of `state_dict`, `module` and `model` that is a dict with tensors in the saved object,
 * else all tensors of the file; without `module.` where all names start with it.
 */
export function weightsOf(file: TensorFile): WeightsView {
  const root = roots.find((key) => isDict(file, key) && under(file, `${key}.`).length > 0);
  const outer = root === undefined ? "" : `${root}.`;
  const names = under(file, outer);
  const wrapped = names.length > 0 && names.every((name) => name.startsWith(wrapper, outer.length));
  const prefix = wrapped ? outer + wrapper : outer;
  const tensors = new Map<string, StoredTensor>(
    names.map((name) => [name.slice(prefix.length), file.tensors.get(name)!]),
  );
  return {
    path: file.path,
    prefix,
    tensors,
    read: (name) => file.read(prefix + name),
    readInto: (name, target) => file.readInto(prefix + name, target),
    close: () => file.close(),
  };
}

function under(file: TensorFile, prefix: string): string[] {
  return [...file.tensors.keys()].filter((name) => name.startsWith(prefix));
}

/** Names of a plain state dict may start with "model." too: only the saved object tells a dict from a dot. */
function isDict(file: TensorFile, key: string): boolean {
  if (!("content" in file) || typeof file.content !== "object" || file.content === null) return false;
  const value = Object.entries(file.content).find(([name]) => name === key)?.[1];
  return typeof value === "object" && value !== null && !("tensor" in value);
}
