/** What the ranks of a run settle among themselves beside the gradients. */
import { fail } from "../core/errors.ts";
import type { Communicator } from "../parallel/communicator.ts";
import type { RunConfig } from "./config.ts";
import type { ParameterStore } from "./parameter-store.ts";

/**
 * Rows of a batch that each rank computes; the batch is the same for any number of them.
 * @throws BifocalError "config" where that does not come out even, and for what ranks cannot do.
 */
export function rowsOfEach({ train }: Pick<RunConfig, "train">, { size }: Communicator): number {
  if (train.batch % size !== 0) {
    fail("config", "train.batch", {
      expected: `a multiple of ${size}, the number of ranks`,
      got: String(train.batch),
      todo: "start another number of ranks, or change train.batch, which changes the run",
    });
  }
  if (size > 1 && train.cacheFeatures) {
    fail("config", "train.cacheFeatures", {
      expected: "one process, which alone keeps features",
      got: `${size} ranks`,
      todo: "leave train.cacheFeatures out, or train in one process",
    });
  }
  return train.batch / size;
}

/** The mean over the ranks of each value, the same bits on all of them. */
export async function meanOfRanks(
  ranks: Communicator,
  values: Readonly<Record<string, number>>,
): Promise<Record<string, number>> {
  if (ranks.size === 1) return values;
  const names = Object.keys(values);
  const all = await gatherNumbers(ranks, Object.values(values));
  return Object.fromEntries(
    names.map((name, i) => [name, all.reduce((sum, own) => sum + own[i]!, 0) / ranks.size]),
  );
}

/** Whether any rank says so. */
export async function anyRank(ranks: Communicator, says: boolean): Promise<boolean> {
  if (ranks.size === 1) return says;
  return (await gatherNumbers(ranks, [Number(says)])).some(([said]) => said === 1);
}

/** As many numbers of every rank, in order of ranks. */
export async function gatherNumbers(ranks: Communicator, own: readonly number[]): Promise<number[][]> {
  const whole = new Float64Array(ranks.size * own.length);
  await ranks.gather(Float64Array.from(own), whole);
  return Array.from({ length: ranks.size }, (_, rank) =>
    Array.from(whole.subarray(rank * own.length, (rank + 1) * own.length)),
  );
}

/**
 * Ranks update their weights each for itself, from the same gradients.
 * @throws BifocalError "numeric" when their weights are no longer the same bits, as machines of different kinds make them.
 */
export async function requireSameWeights(
  ranks: Communicator,
  { flat }: Pick<ParameterStore, "flat">,
  step: number,
): Promise<void> {
  if (ranks.size === 1) return;
  const words = new Int32Array(flat.weights.buffer, flat.weights.byteOffset, flat.weights.length);
  let hash = 0;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
  const hashes = (await gatherNumbers(ranks, [hash])).map(([own]) => own);
  const other = hashes.findIndex((own) => own !== hashes[0]);
  if (other === -1) return;
  fail("numeric", `step ${step}`, {
    expected: "the same weights on all ranks",
    got: `others on rank ${other} than on rank 0`,
    todo: "use machines with the same processor and the same version of everything; resume from the last checkpoint",
  });
}
