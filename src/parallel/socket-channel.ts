import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { BifocalError } from "../core/errors.ts";

/** A connection to another rank that carries arrays, in the order they are written. */
export interface Channel {
  /** Fills the array. @throws BifocalError "backend" when the other rank ends or gives up. */
  read(into: Uint8Array): Promise<void>;
  /** Resolves when the array may be changed again. */
  write(from: Uint8Array): Promise<void>;
  end(): Promise<void>;
  /** Tells the other rank why this one gives up, unless it has ended or does not listen, and ends. */
  abandon(reason: string): Promise<void>;
}

// Frames: their length, then as many bytes; a negative length announces the reason for which the other rank gives up.
const headerBytes = 8;
const mostReasonBytes = 2 ** 16;
/** So long the other rank may take to read the reason. */
const graceMilliseconds = 3000;
/**
 * Wraps a connected socket to `peer`. Nothing is ever sent on `lifeline`, a second connection to it, so that keep-alive finds
 * out when its host is gone: a connection with data under way is not probed.
 */
export function openChannel(socket: Socket, peer: string, lifeline?: Socket): Channel {
  socket.setNoDelay(true).setKeepAlive(false); // the lifeline is asked
  let failed: BifocalError | undefined;
  let wanted:
    | { into: Uint8Array; filled: number; resolve: () => void; reject: (error: Error) => void }
    | undefined;
  const head = new Uint8Array(headerBytes);
  let headFilled = 0;
  let left = 0;
  let reason: { readonly bytes: Uint8Array; filled: number } | undefined;
  const waiting: Buffer[] = [];
  let ending = false;

  const todo = "see what that rank said last; the run continues from its last checkpoint with --resume";
  const gone = (facts: { got: string; todo?: string }) => {
    const expected = "all ranks until the end of the run";
    failed ??= new BifocalError({ code: "backend", where: peer, expected, ...facts });
    wanted?.reject(failed);
    wanted = undefined;
    socket.destroy();
  };
  const lost = (why: string) => gone({ got: `its end, without a reason: ${why}`, todo });
  const killed = "it was killed or lost";
  const broken = ({ message }: Error) => lost(`${killed} (${message})`);
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
        if (!Number.isSafeInteger(length) || length < -mostReasonBytes) {
          gone({ got: "what no rank sends", todo });
          return undefined;
        }
        left = Math.abs(length);
        if (length < 0) reason = { bytes: new Uint8Array(left), filled: 0 };
      } else if (reason !== undefined) {
        const n = Math.min(left, rest.length);
        reason.bytes.set(rest.subarray(0, n), reason.filled);
        reason.filled += n;
        left -= n;
        rest = rest.subarray(n);
        if (left > 0) continue;
        gone({ got: `its end: ${new TextDecoder().decode(reason.bytes)}` });
        return undefined;
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
    if (ending) return;
    waiting.push(chunk as Buffer);
    // Nobody reads: let the sender wait.
    if (waiting.length > 1) socket.pause();
    else pump();
  });
  socket.on("close", () => {
    lifeline?.destroy();
    if (!ending) lost(killed);
  });
  socket.on("error", broken);
  lifeline?.on("error", () => lost("its host no longer answers"));
  lifeline?.resume();
  if (socket.destroyed || lifeline?.destroyed) lost(killed);

  const send = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      socket.write(bytes, (error) => {
        if (!error) return resolve();
        broken(error);
        reject(failed);
      });
    });
  const frame = async (length: number, bytes: Uint8Array) => {
    const own = new Uint8Array(headerBytes);
    new DataView(own.buffer).setFloat64(0, length);
    socket.cork();
    const both = [send(own), send(bytes)];
    socket.uncork();
    await Promise.all(both);
  };
  const write = async (from: Uint8Array) => {
    await nextTurn(); // a reason that came meanwhile is read: writing to who has ended would lose it
    if (failed !== undefined) throw failed;
    await frame(from.length, from);
  };
  return {
    read: (into) =>
      new Promise<void>((resolve, reject) => {
        if (into.length === 0) return resolve();
        wanted = { into, filled: 0, resolve, reject };
        pump(); // what came before the other rank ended is still good
        if (failed === undefined) return;
        wanted?.reject(failed);
        wanted = undefined;
      }),
    write: (from) => (from.length === 0 ? Promise.resolve() : write(from)),
    end: async () => {
      ending = true;
      socket.resume();
      await new Promise<void>((resolve) => socket.end(resolve));
    },
    abandon: async (why) => {
      if (failed === undefined && !ending) {
        ending = true;
        const bytes = new TextEncoder().encode(why).subarray(0, mostReasonBytes);
        frame(-bytes.length, bytes).catch(() => {});
        socket.resume().end();
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, graceMilliseconds);
          socket.once("close", () => resolve(clearTimeout(timer)));
        });
      }
      socket.destroy();
    },
  };
}
