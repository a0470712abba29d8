import type { TypedArray } from "../core/dtype.ts";
import { assert } from "../core/errors.ts";

/**
 * Processes that compute together. Every rank makes the same calls in the same order, and one call at a time; arrays are
 * of the same length everywhere.
 */
export interface Communicator {
  /** From 0. */
  readonly rank: number;
  readonly size: number;
  /** What carries the data, for people: "Open MPI 5.0.11". */
  readonly carrier: string;
  /** Replaces `values` by their sum over the ranks: the same bits on all of them. */
  sum(values: Float32Array): Promise<void>;
  /** Writes what the ranks have in `own` one after the other into `whole`. */
  gather<Values extends TypedArray>(own: Values, whole: Values): Promise<void>;
  /** Replaces `values` by those of rank 0. */
  broadcast(values: TypedArray): Promise<void>;
  /** Ends the connection in order: after the last call, on every rank. */
  close(): Promise<void>;
  /** Lets the other ranks fail with this reason, at the latest at their next call. */
  abandon(reason: string): Promise<void>;
}

/** A run of one process. */
export const oneProcess: Communicator = {
  rank: 0,
  size: 1,
  carrier: "one process",
  sum: async () => {},
  gather: async (own, whole) => whole.set(own as never),
  broadcast: async () => {},
  close: async () => {},
  abandon: async () => {},
};

/** Rank 0's value, as JSON has it, on every rank; what others give is not read. */
export async function broadcastJson<T>(ranks: Communicator, value: T | undefined): Promise<T> {
  if (ranks.size === 1) return value as T;
  const bytes =
    ranks.rank === 0 ? new TextEncoder().encode(JSON.stringify(value ?? null)) : new Uint8Array(0);
  const length = Int32Array.of(bytes.length);
  await ranks.broadcast(length);
  const whole = ranks.rank === 0 ? bytes : new Uint8Array(length[0]!);
  await ranks.broadcast(whole);
  return JSON.parse(new TextDecoder().decode(whole)) as T;
}

/** The bytes of an array where they lie. */
export function bytesOf({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** What `gather` expects of its arrays. */
export function checkGather(size: number, own: TypedArray, whole: TypedArray): void {
  assert(whole.length === size * own.length, `${whole.length} elements for ${size} times ${own.length}`);
}
