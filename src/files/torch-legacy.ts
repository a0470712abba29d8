import { fail } from "../core/index.ts";
import { type OpenFile, partOf } from "./byte-source.ts";
import { readPickle } from "./pickle.ts";
import { pickleSource } from "./pickle-source.ts";
import type { TorchStorage } from "./pickle-values.ts";
import { storedBytes } from "./tensor-file.ts";
import { type TorchParts, torchHost } from "./torch-objects.ts";

/**
 * What torch.save wrote before version 1.6: five pickles in a row (a magic number, the format's version, the machine,
 * the object, the keys of its storages), then for each key the number of elements (i64) and the elements.
 */

const magicNumber = 0x1950a86a20f9469cfc6cn;
const version = 1001;

function defect(where: string, expected: string, got: string): never {
  fail("checkpoint", where, {
    expected,
    got,
    todo: "the file is damaged or of a kind that is not known; save it again as safetensors",
  });
}

/** Reads the object and finds its storages in the file. @throws BifocalError "checkpoint". */
export async function readLegacy(file: OpenFile): Promise<TorchParts> {
  const { path, size } = file;
  const storages = new Map<string, TorchStorage>();
  const source = pickleSource(file, path);
  const host = torchHost(path, size, storages);
  if (readPickle(source, host) !== magicNumber) {
    defect(path, "a file of torch.save", "a pickle of something else");
  }
  const found = readPickle(source, host);
  if (found !== version)
    defect(path, `version ${version} of the format`, typeof found === "number" ? `${found}` : "no number");
  const machine = readPickle(source, host);
  if (!(machine instanceof Map) || machine.get("little_endian") !== true) {
    defect(path, "little-endian data", "others");
  }
  const root = readPickle(source, host);
  const keys = readPickle(source, host);
  if (!Array.isArray(keys) || keys.length !== storages.size || new Set(keys).size !== keys.length) {
    defect(path, `the keys of ${storages.size} storages`, "others");
  }
  const starts = new Map<string, number>();
  let end = source.position();
  for (const key of keys) {
    const storage = typeof key === "string" ? storages.get(key) : undefined;
    if (storage === undefined) defect(path, "keys of its storages", "another object");
    const count = Buffer.alloc(8);
    await file.read(count, end, path);
    const elements = count.readBigInt64LE();
    if (elements !== BigInt(storage.elements)) {
      defect(`${path} at storage ${key}`, `${storage.elements} elements`, String(elements));
    }
    starts.set(storage.key, end + 8);
    end += 8 + storage.elements * storedBytes[storage.dtype];
    if (end > size) defect(`${path} at storage ${key}`, `an end within ${size} bytes`, String(end));
  }
  if (end !== size) defect(path, `${end} bytes`, `a file of ${size}`);
  return {
    root,
    open: async ({ key, elements, dtype }) => partOf(file, starts.get(key)!, elements * storedBytes[dtype]),
  };
}
