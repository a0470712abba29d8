import { readFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fail } from "../core/index.ts";
import { writeTextAtomic } from "./atomic.ts";
import { ioError } from "./io-error.ts";

/** Who holds a lock. `started` tells a process from a later one with the same number, where the system says it. */
interface Owner {
  readonly pid: number;
  readonly host: string;
  readonly started: string;
}

/** Long enough for a racing process to have written its own name over ours. */
const settleMilliseconds = 100;

/**
 * Takes the lock file at `path` for this process and returns its release. A lock whose process has died on this
 * machine is taken over; one from another machine cannot be checked. @throws BifocalError where it is held.
 */
export async function takeLock(path: string): Promise<() => Promise<void>> {
  const mine: Owner = { pid: process.pid, host: hostname(), started: startOf(process.pid) ?? "" };
  const text = `${JSON.stringify(mine)}\n`;
  try {
    await writeFile(path, text, { flag: "wx" });
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) throw ioError(path, cause);
    // An empty lock may be one being written at this moment.
    let owner = await readOwner(path);
    if (owner === undefined) {
      await sleep(settleMilliseconds);
      owner = await readOwner(path);
    }
    if (owner !== undefined && mayLive(owner)) held(path, owner);
    await writeTextAtomic(path, text);
    await sleep(settleMilliseconds);
    const winner = await readOwner(path);
    if (winner === undefined || winner.pid !== mine.pid || winner.host !== mine.host) held(path, winner);
  }
  return () => rm(path, { force: true });
}

function held(path: string, owner: Owner | undefined): never {
  const elsewhere = owner !== undefined && owner.host !== hostname();
  fail("usage", path, {
    expected: "a folder no other process writes",
    got:
      owner === undefined ? "a lock taken at this moment" : `a lock of process ${owner.pid} on ${owner.host}`,
    todo: elsewhere
      ? "wait for it, or delete the lock file if that process is dead"
      : "wait for it, stop it, or choose another folder",
  });
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Owner;
  } catch {
    return undefined;
  }
}

function mayLive(owner: Owner): boolean {
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
  return owner.started === startOf(owner.pid);
}

/** Start in clock ticks since boot (proc(5), stat, field 22); undefined for a zombie, "" where there is no /proc. */
function startOf(pid: number): string | undefined {
  try {
    const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1) ?? "";
    const fields = afterName.split(" ");
    return fields[0] === "Z" ? undefined : fields[19];
  } catch {
    return "";
  }
}
