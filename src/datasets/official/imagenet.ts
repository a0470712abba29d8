import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { assert, fail } from "../../core/index.ts";
import type { Table } from "../../files/table.ts";
import { storedImage } from "../dataset-folder.ts";
import type { ClassExample } from "../examples.ts";
import { officialDataset } from "../official-dataset.ts";

/** ImageNet-1k (ILSVRC 2012), and any other set of pictures with a folder for each class. */
export const imageNet = officialDataset(
  {
    name: "imagenet",
    title: "ImageNet-1k, or pictures in a folder for each class",
    form: "classes",
    homePage: "https://www.image-net.org",
    licence: "for non-commercial research and education, see the terms of access",
    citation: "Russakovsky et al. 2015, arXiv:1409.0575",
    tree: `
train/n01440764/n01440764_18.JPEG ...
val/n01440764/ILSVRC2012_val_00000293.JPEG ...`,
    splits: { train: undefined, val: undefined },
  },
  (split, folder) => openClassFolders(join(folder.root, split)),
);

/** The names of pictures, class by class, in one block: a million take 30 MB. */
async function openClassFolders(root: string): Promise<Table<ClassExample>> {
  const classes = await namesIn(root, "a folder for each class");
  const blocks: Buffer[] = [];
  const firsts: number[] = []; // index of the first picture of each class
  const ends: number[] = []; // of each name in its block
  for (const name of classes) {
    firsts.push(ends.length);
    const files = (await namesIn(join(root, name), "pictures of one class")).map((file) => Buffer.from(file));
    let end = 0;
    for (const file of files) {
      end += file.length;
      ends.push(end);
    }
    blocks.push(Buffer.concat(files));
  }
  const endOf = Uint32Array.from(ends);
  return {
    size: endOf.length,
    get: async (index) => {
      assert(index >= 0 && index < endOf.length, `picture ${index} of ${endOf.length}`);
      const label = lastAtMost(firsts, index);
      const start = index === firsts[label] ? 0 : endOf[index - 1]!;
      const file = blocks[label]!.toString("utf8", start, endOf[index]);
      const name = classes[label]!;
      return { image: storedImage(join(root, name), file, file), label: name, class: label };
    },
  };
}

/** Names in a folder in the order of their code units, the same on every machine. */
async function namesIn(path: string, expected: string): Promise<string[]> {
  const names = await readdir(path).catch((cause: NodeJS.ErrnoException) =>
    fail("data", path, { expected: `a folder with ${expected}`, got: cause.message }),
  );
  if (names.length === 0) fail("data", path, { expected: `a folder with ${expected}`, got: "an empty one" });
  return names.sort();
}

/** The last place of an ascending list whose value is at most `value`. */
function lastAtMost(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ascending[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
