import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Communicator, oneProcess } from "#src/parallel/communicator.ts";
import { joinSockets } from "#src/parallel/sockets.ts";

let meetings = 0;

/** Runs `each` as so many ranks at once, in this process, connected by real sockets; the results in order of ranks. */
export async function asRanks<T>(size: number, each: (ranks: Communicator) => Promise<T>): Promise<T[]> {
  if (size === 1) return [await each(oneProcess)];
  const folder = mkdtempSync(join(tmpdir(), "bifocal-ranks-"));
  const meeting = { path: join(folder, `meeting-${meetings++}`) };
  // The last rank comes first: the others find no socket yet.
  const joined = Array.from({ length: size }, (_, i) => size - 1 - i).map((rank) =>
    joinSockets({ rank, size, meeting, patience: 60_000 }).then(each),
  );
  try {
    return (await Promise.all(joined)).reverse();
  } finally {
    rmSync(folder, { recursive: true });
  }
}
