import type { Socket } from "node:net";
import { BifocalError } from "../core/errors.ts";

/** A connection to another rank that carries arrays, in the order they are written. */
export interface Channel {
  /** Says who is at the other end, for messages. */
  name(other: string): void;
  /** Fills the array. @throws BifocalError "backend" when the other rank ends or gives up. */
  read(into: Uint8Array): Promise<void>;
  /** Resolves when the array may be changed again. */
  write(from: Uint8Array): Promise<void>;
  end(): Promise<void>;
  /** Tells the other rank why this one gives up, and ends. */
  abandon(reason: string): Promise<void>;
}

// Frames: their length, then as many bytes; a negative length announces the reason for which the other rank gives up.
const headerBytes = 8;

/** Wraps a connected socket. */
export function openChannel(socket: Socket, other: string): Channel {
  socket.setNoDelay(true);
  let peer = other;
  let failed: BifocalError | undefined;
  let wanted:
    | { into: Uint8Array; filled: number; resolve: () => void; reject: (error: Error) => void }
    | undefined;
  const head = new Uint8Array(headerBytes);
  let headFilled = 0;
  let left = 0;
  let reason: { readonly bytes: Uint8Array; filled: number } | undefined;
  let waiting: Buffer[] = [];
  let ending = false;

  const give = (error: BifocalError) => {
    failed ??= error;
    wanted?.reject(failed);
    wanted = undefined;
  };
  const gone = (got: string) =>
    give(
      new BifocalError({
        code: "backend",
        where: peer,
        expected: "all ranks until the end of the run",
        got,
        todo: "see what that rank said last; the run continues from its last checkpoint with --resume",
      }),
    );
  /** Takes what it can of a chunk; returns the rest where nobody has asked for it yet. */
  const take = (chunk: Buffer): Buffer | undefined => {
    let rest: Uint8Array = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        const n = Math.min(headerBytes - headFilled, rest.length);
        head.set(rest.subarray(0, n), headFilled);
        headFilled += n;
        rest = rest.subarray(n);
        if (headFilled < headerBytes) continue;
        headFilled = 0;
        const length = new DataView(head.buffer).getFloat64(0);
        left = Math.abs(length);
        if (length < 0) reason = { bytes: new Uint8Array(left), filled: 0 };
      } else if (reason !== undefined) {
        const n = Math.min(left, rest.length);
        reason.bytes.set(rest.subarray(0, n), reason.filled);
        reason.filled += n;
        left -= n;
        rest = rest.subarray(n);
        if (left === 0) gone(`its end: ${new TextDecoder().decode(reason.bytes)}`);
      } else if (wanted === undefined) {
        return rest as Buffer;
      } else {
        const n = Math.min(left, rest.length, wanted.into.length - wanted.filled);
        wanted.into.set(rest.subarray(0, n), wanted.filled);
        wanted.filled += n;
        left -= n;
        rest = rest.subarray(n);
        if (wanted.filled === wanted.into.length) {
          const { resolve } = wanted;
          wanted = undefined;
          resolve();
        }
      }
    }
    return undefined;
  };
  const pump = () => {
    while (waiting.length > 0) {
      const rest = take(waiting.shift()!);
      if (rest !== undefined) {
        waiting.unshift(rest);
        return;
      }
    }
    socket.resume();
  };
  socket.on("data", (chunk) => {
    waiting.push(chunk as Buffer);
    // Nobody reads: let the sender wait.
    if (waiting.length > 1) socket.pause();
    else pump();
  });
  socket.on("close", () => {
    if (!ending) gone("its end, without a reason: it was killed or lost");
  });
  socket.on("error", (error) => gone(error.message));

  const send = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      socket.write(bytes, (error) => (error ? reject(failed ?? error) : resolve()));
    });
  const frame = async (length: number, bytes: Uint8Array) => {
    if (failed !== undefined) throw failed;
    const own = new Uint8Array(headerBytes);
    new DataView(own.buffer).setFloat64(0, length);
    socket.cork();
    const both = [send(own), send(bytes)];
    socket.uncork();
    await Promise.all(both);
  };
  return {
    name: (other) => {
      peer = other;
    },
    read: (into) =>
      new Promise<void>((resolve, reject) => {
        if (into.length === 0) return resolve();
        wanted = { into, filled: 0, resolve, reject };
        pump(); // what came before the other rank ended is still good
        if (failed !== undefined) give(failed);
      }),
    write: (from) => (from.length === 0 ? Promise.resolve() : frame(from.length, from)),
    end: async () => {
      ending = true;
      waiting = [];
      socket.resume();
      await new Promise<void>((resolve) => socket.end(resolve));
    },
    abandon: async (why) => {
      ending = true;
      const bytes = new TextEncoder().encode(why);
      await frame(-bytes.length, bytes).catch(() => {});
      socket.end();
    },
  };
}
