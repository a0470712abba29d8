import { fail, sizeOf, type TypedArray } from "../core/index.ts";
import { type ByteSource, type OpenFile, openFile } from "./byte-source.ts";
import { readElements } from "./elements.ts";
import type { TorchTensor } from "./pickle-values.ts";
import { newMemory, type StoredTensor, storedBytes, type TensorFile, tensorFile } from "./tensor-file.ts";
import { readArchive } from "./torch-archive.ts";
import { readLegacy } from "./torch-legacy.ts";
import { plainContent, tensorNames } from "./torch-names.ts";
import { extentOf, isContiguous, type TorchParts } from "./torch-objects.ts";

/** Files of torch.save, in both its formats, and TorchScript archives, whose parameters are named as attributes. */

/** An open PyTorch file: tensors under dotted paths, such as "state_dict.head.weight". */
export interface TorchFile extends TensorFile {
  /** The object that was saved, as `plainContent` of torch-names.ts gives it. */
  readonly content: unknown;
}

/**
 * Opens a `.pt`, `.pth`, `.bin` or `.ckpt` file: reads its pickle as data, executing nothing, and checks every tensor
 * against the file. @throws BifocalError "checkpoint" for a damaged file and for one that asks Python to run code.
 */
export async function openTorchFile(path: string): Promise<TorchFile> {
  const file = await openFile(path, "a PyTorch file");
  try {
    const { root, open } = await readParts(file);
    const names = tensorNames(root, path);
    const tensors = new Map([...names].map(([name, tensor]) => [name, stored(tensor, file, name)]));
    const fill = async ({ tensor }: Stored, target: TypedArray, where: string) =>
      readTensor(await open(tensor.storage), tensor, target, where);
    return { ...tensorFile(path, tensors, fill, file.close), content: plainContent(root, names) };
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface Stored extends StoredTensor {
  readonly tensor: TorchTensor;
}

function stored(tensor: TorchTensor, file: OpenFile, name: string): Stored {
  const { shape, storage } = tensor;
  const bytes = sizeOf(shape) * storedBytes[storage.dtype];
  // Strides of 0 repeat elements: a few bytes of the file could claim all memory.
  if (sizeOf(shape) > storage.elements && bytes > file.size) {
    fail("checkpoint", `${file.path} at ${name}`, {
      expected: `at most the file's ${file.size} bytes`,
      got: `a repeated element that makes ${bytes}`,
      todo: "save the tensor again without its repetitions",
    });
  }
  return { dtype: storage.dtype, shape, tensor };
}

async function readParts(file: OpenFile): Promise<TorchParts> {
  const { path, size } = file;
  const head = Buffer.alloc(Math.min(size, 40));
  await file.read(head, 0, path);
  if (head.toString("latin1").startsWith("PK\x03\x04")) return readArchive(file);
  if (head[0] === 0x80) return readLegacy(file);
  const start = JSON.stringify(head.toString("latin1"));
  if (start.includes("git-lfs")) {
    fail("checkpoint", path, {
      expected: "a PyTorch file",
      got: "a Git LFS pointer to one",
      todo: "fetch it",
    });
  }
  fail("checkpoint", path, {
    expected: "a PyTorch file (an archive, or a pickle before version 1.6)",
    got: size === 0 ? "an empty file" : `one that starts ${start}`,
    todo: "check the path, or fetch it again",
  });
}

async function readTensor(
  source: ByteSource,
  tensor: TorchTensor,
  target: TypedArray,
  where: string,
): Promise<void> {
  const { shape, strides, offset, storage } = tensor;
  const start = offset * storedBytes[storage.dtype];
  if (isContiguous(tensor)) return readElements(source, storage.dtype, start, target, where);
  const window = newMemory(storage.dtype, extentOf(shape, strides));
  await readElements(source, storage.dtype, start, window, where);
  let next = 0;
  const copy = (axis: number, from: number) => {
    const stride = strides[axis]!;
    const inner = axis === shape.length - 1;
    for (let i = 0, at = from; i < shape[axis]!; i++, at += stride) {
      if (inner) target[next++] = window[at]!;
      else copy(axis + 1, at);
    }
  };
  copy(0, 0);
}
