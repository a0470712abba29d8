import { BifocalError } from "../core/index.ts";
import type { Table } from "../files/table.ts";
import { type ExampleOf, type Form, imagesOf, type StoredImage } from "./examples.ts";

/** An example that cannot be used. */
export interface ExampleProblem {
  readonly index: number;
  readonly problem: BifocalError;
}

/**
 * Reads every example and every picture of a split and yields what fails, with the error of the first failure of an
 * example. `inspect` may look at the bytes and throw BifocalErrors too. A picture that follows itself is read once.
 */
export async function* problemsOf(
  table: Table<ExampleOf[Form]>,
  inspect?: (bytes: Uint8Array, image: StoredImage) => Promise<void>,
): AsyncGenerator<ExampleProblem> {
  let checked = new Map<string, BifocalError | undefined>();
  for (let index = 0; index < table.size; index++) {
    const now = new Map<string, BifocalError | undefined>();
    const problem = await problemIn(async () => {
      for (const image of imagesOf(await table.get(index))) {
        const known = checked.has(image.where)
          ? checked.get(image.where)
          : await problemIn(async () => {
              const bytes = await image.read();
              await inspect?.(bytes, image);
            });
        now.set(image.where, known);
        if (known !== undefined) throw known;
      }
    });
    checked = now;
    if (problem !== undefined) yield { index, problem };
  }
}

async function problemIn(work: () => Promise<void>): Promise<BifocalError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof BifocalError) return error;
    throw error;
  }
}
