import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fail } from "../core/index.ts";
import { openSafetensors } from "./safetensors.ts";
import { openSharded } from "./sharded.ts";
import type { TensorFile } from "./tensor-file.ts";
import { openTorchFile, type TorchFile } from "./torch-file.ts";

/** Weights wherever they lie: a file of any known format, or a folder as model hubs and trainers leave them. */

/** What is looked for in a folder, in this order. */
const usual = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
];
const endings = [".safetensors", ".pt", ".pth", ".ckpt", ".bin"];

/**
 * Opens a file of weights or the weights in a folder, safetensors before PyTorch files. A PyTorch file keeps its
 * `content`; `weightsOf` finds the model's weights in it.
 * @throws BifocalError "checkpoint" that says what was looked for, or names the defect of what was found.
 */
export async function openWeights(path: string): Promise<TensorFile | TorchFile> {
  const found = await stat(path).catch((cause: Error) =>
    fail("checkpoint", path, { expected: "weights", got: cause.message, todo: "check the path" }),
  );
  return openFormat(found.isDirectory() ? await findIn(path) : path);
}

function openFormat(path: string): Promise<TensorFile | TorchFile> {
  return path.endsWith(".index.json") ? openSharded(path, openSingle) : openSingle(path);
}

async function openSingle(path: string): Promise<TensorFile | TorchFile> {
  if (path.endsWith(".safetensors")) return openSafetensors(path);
  if (endings.some((ending) => path.endsWith(ending))) return openTorchFile(path);
  fail("checkpoint", path, {
    expected: `a file that ends in ${[...endings, ".index.json"].join(", ")}`,
    got: "another ending",
    todo: "rename it or choose another file",
  });
}

async function findIn(folder: string): Promise<string> {
  const names = new Set(await readdir(folder));
  const first = usual.find((name) => names.has(name));
  if (first !== undefined) return join(folder, first);
  const kinds = [endings.slice(0, 1), endings.slice(1)];
  const others = kinds.map((kind) =>
    [...names].filter((name) => kind.some((ending) => name.endsWith(ending))).sort(),
  );
  const candidates = others.find((list) => list.length > 0) ?? [];
  if (candidates.length === 1) return join(folder, candidates[0]!);
  fail("checkpoint", folder, {
    expected: `${usual.join(", ")}, or one file that ends in ${endings.join(", ")}`,
    got: candidates.length === 0 ? "none of them" : candidates.join(", "),
    todo: candidates.length === 0 ? "check the path" : "name one of these files",
  });
}
