/**
 * Ranks that meet at a socket, for where there is no MPI: rank 0 sums for all, in order of ranks, and sends the sums
 * back. Every number crosses rank 0 twice, so this is for a few ranks on a machine or on a network of one's own: whoever
 * reaches the port can take part.
 */
import type { TypedArray } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { bytesOf, type Communicator, checkGather } from "./communicator.ts";
import { call, type Joining, receive } from "./meet.ts";
import type { Channel } from "./socket-channel.ts";

/** Elements summed at a time. */
const bucket = 2 ** 20;
const operations = ["sum", "gather", "broadcast", "close"] as const;

type Operation = (typeof operations)[number];

/** Meets the other ranks. @throws BifocalError "backend" when one does not come within `patience`, five minutes when absent. */
export async function joinSockets(
  joining: Omit<Joining, "patience"> & Partial<Joining>,
): Promise<Communicator> {
  const { rank, size } = joining;
  const patient = { patience: 300_000, ...joining };
  return rank === 0 ? hub(size, await receive(patient)) : spoke(rank, size, await call(patient));
}

/** What a rank is about to do: told and compared, so that ranks which do different things fail instead of waiting. */
function header(operation: Operation, bytes: number): Uint8Array {
  return bytesOf(Float64Array.of(operations.indexOf(operation), bytes));
}

async function agree(channel: Channel, rank: number, operation: Operation, bytes: number): Promise<void> {
  const told = new Float64Array(2);
  await channel.read(bytesOf(told));
  if (told[0] === operations.indexOf(operation) && told[1] === bytes) return;
  fail("backend", `rank ${rank}`, {
    expected: `${operation} of ${bytes} bytes, as rank 0 does`,
    got: `${operations[told[0]!]} of ${told[1]} bytes`,
    todo: "start all ranks with the same command, version and environment",
  });
}

function hub(size: number, channels: readonly Channel[]): Communicator {
  // What fails on one channel must end the others' waiting.
  const guarded = async (work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      await abandon((error as Error).message);
      throw error;
    }
  };
  const abandon = async (reason: string) => {
    await Promise.all(channels.map((channel) => channel.abandon(reason)));
  };
  const all = (each: (channel: Channel, i: number) => Promise<void>) => Promise.all(channels.map(each));
  const announced = (operation: Operation, bytes: number) =>
    all((channel, i) => agree(channel, i + 1, operation, bytes));
  return {
    rank: 0,
    size,
    carrier: "sockets",
    sum: (values) =>
      guarded(async () => {
        await announced("sum", values.byteLength);
        const parts = channels.map(() => new Float32Array(Math.min(bucket, values.length)));
        for (let start = 0; start < values.length; start += bucket) {
          const total = values.subarray(start, start + bucket);
          await all((channel, i) => channel.read(bytesOf(parts[i]!.subarray(0, total.length))));
          for (const part of parts) for (let i = 0; i < total.length; i++) total[i]! += part[i]!;
          await all((channel) => channel.write(bytesOf(total)));
        }
      }),
    gather: (own, whole) =>
      guarded(async () => {
        checkGather(size, own, whole);
        await announced("gather", own.byteLength);
        whole.set(own as never);
        const bytes = bytesOf(whole);
        const n = own.byteLength;
        await all((channel, i) => channel.read(bytes.subarray((i + 1) * n, (i + 2) * n)));
        await all((channel) => channel.write(bytes));
      }),
    broadcast: (values) =>
      guarded(async () => {
        await announced("broadcast", values.byteLength);
        await all((channel) => channel.write(bytesOf(values)));
      }),
    close: () =>
      guarded(async () => {
        await announced("close", 0);
        await all((channel) => channel.end());
      }),
    abandon,
  };
}

function spoke(rank: number, size: number, channel: Channel): Communicator {
  const start = (operation: Operation, values: TypedArray) =>
    channel.write(header(operation, values.byteLength));
  return {
    rank,
    size,
    carrier: "sockets",
    sum: async (values) => {
      await start("sum", values);
      for (let from = 0; from < values.length; from += bucket) {
        const part = bytesOf(values.subarray(from, from + bucket));
        await channel.write(part);
        await channel.read(part);
      }
    },
    gather: async (own, whole) => {
      checkGather(size, own, whole);
      await start("gather", own);
      await channel.write(bytesOf(own));
      await channel.read(bytesOf(whole));
    },
    broadcast: async (values) => {
      await start("broadcast", values);
      await channel.read(bytesOf(values));
    },
    close: async () => {
      await start("close", new Uint8Array(0));
      await channel.end();
    },
    abandon: (reason) => channel.abandon(reason),
  };
}
