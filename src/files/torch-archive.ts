import { fail } from "../core/index.ts";
import type { OpenFile } from "./byte-source.ts";
import { readPickle } from "./pickle.ts";
import { pickleSource } from "./pickle-source.ts";
import type { TorchStorage } from "./pickle-values.ts";
import { storedBytes } from "./tensor-file.ts";
import { type TorchParts, torchHost } from "./torch-objects.ts";
import { entrySource, type ZipEntry, zipEntries } from "./zip.ts";

/**
 * The archive that PyTorch writes since 1.6, and TorchScript: one folder with `data.pkl`, the object, and `data/0` and
 * so on, the storages. The code of a TorchScript archive is not read.
 */

/** Reads the object and checks its storages against the entries. @throws BifocalError "checkpoint". */
export async function readArchive(file: OpenFile): Promise<TorchParts> {
  const { path } = file;
  const entries = await zipEntries(file);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    fail("checkpoint", path, {
      expected: "an archive with one data.pkl",
      got: `${entries.size} entries with ${pickles.length}`,
      todo: "check that it is a file of weights",
    });
  }
  const pickle = pickles[0]!;
  const folder = pickle.slice(0, -"data.pkl".length);
  await checkByteOrder(file, entries.get(`${folder}byteorder`));

  const storages = new Map<string, TorchStorage>();
  const source = await entrySource(file, entries.get(pickle)!);
  const where = `${path} at ${pickle}`;
  const root = readPickle(pickleSource(source, where), torchHost(where, source.size, storages));
  const entryOf = new Map(
    [...storages.values()].map((storage) => {
      const name = `${folder}data/${storage.key}`;
      const entry = entries.get(name);
      const bytes = storage.elements * storedBytes[storage.dtype];
      if (entry === undefined || entry.size < bytes) {
        fail("checkpoint", `${path} at ${name}`, {
          expected: `${bytes} bytes`,
          got: entry === undefined ? "no such entry" : `${entry.size}`,
          todo: "the file is damaged; fetch or save it again",
        });
      }
      return [storage.key, entry];
    }),
  );
  return { root, open: ({ key }) => entrySource(file, entryOf.get(key)!) };
}

async function checkByteOrder(file: OpenFile, entry: ZipEntry | undefined): Promise<void> {
  if (entry === undefined) return; // files of older versions do not say: little-endian
  const bytes = Buffer.alloc(Math.min(entry.size, 6));
  await (await entrySource(file, entry)).read(bytes, 0, file.path);
  if (entry.size !== 6 || bytes.toString("latin1") !== "little") {
    fail("checkpoint", file.path, {
      expected: "little-endian data",
      got: JSON.stringify(bytes.toString("latin1")),
      todo: "save it on a little-endian machine",
    });
  }
}
