import { fail } from "../../core/index.ts";
import { openFile } from "../../files/byte-source.ts";
import { readPickle } from "../../files/pickle.ts";
import { pickleSource } from "../../files/pickle-source.ts";
import type { PickleValue } from "../../files/pickle-values.ts";

/** One entry of a `refs(...).p` file. */
export interface Reference {
  readonly refId: number;
  readonly annotationId: number;
  readonly imageId: number;
  readonly split: string;
  readonly expressions: readonly string[];
}

/** The largest, RefCOCO's, has 142 thousand sentences; each takes about 40. */
const maxSteps = 2 ** 25;

/** Reads the pickle of a list of dicts that `refer` distributes; nothing in it is executed. @throws BifocalError. */
export async function readReferences(path: string): Promise<Reference[]> {
  const file = await openFile(path, "a pickle of references");
  let root: PickleValue;
  try {
    const refuse = () =>
      fail("data", path, { expected: "plain lists, dicts, texts and numbers", got: "a class" });
    root = readPickle(pickleSource(file, path), { persistent: refuse, construct: refuse }, maxSteps);
  } finally {
    await file.close();
  }
  if (!Array.isArray(root)) return fail("data", path, { expected: "a list of references", got: typeof root });
  return root.map((entry, i) => referenceOf(entry, `${path} [${i}]`));
}

function referenceOf(entry: PickleValue, where: string): Reference {
  const of = (record: PickleValue, name: string) => {
    if (!(record instanceof Map)) return fail("data", where, { expected: "a dict", got: typeof record });
    return record.get(name);
  };
  const read = <T extends PickleValue>(
    record: PickleValue,
    name: string,
    expected: string,
    accept: (value: PickleValue | undefined) => value is T,
  ): T => {
    const value = of(record, name);
    if (accept(value)) return value;
    return fail("data", where, {
      expected: `"${name}" as ${expected}`,
      got: value === undefined ? "none" : typeof value,
    });
  };
  return {
    refId: read(entry, "ref_id", "a number", isNumber),
    annotationId: read(entry, "ann_id", "a number", isNumber),
    imageId: read(entry, "image_id", "a number", isNumber),
    split: read(entry, "split", "text", isText),
    expressions: read(entry, "sentences", "a list", isList).map((sentence) =>
      read(sentence, "sent", "text", isText),
    ),
  };
}

const isNumber = (value: PickleValue | undefined) => typeof value === "number";
const isText = (value: PickleValue | undefined) => typeof value === "string";
const isList = (value: PickleValue | undefined): value is PickleValue[] => Array.isArray(value);
