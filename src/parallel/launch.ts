/** Starts the ranks of a run on this machine and ends them together. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fail } from "../core/errors.ts";
import { loadMpi, mpiInstall } from "./mpi.ts";
import { meetingVariable } from "./world.ts";

/** What each rank runs, and how many there are. */
export interface Launch {
  readonly command: string;
  readonly words: readonly string[];
  readonly ranks: number;
  readonly by: "mpi" | "sockets";
  /** Variables that every rank gets beside ours. */
  readonly variables: Readonly<Record<string, string>>;
}

/** How long the others may take to say what they have to say when one rank has ended. */
const graceMilliseconds = 3000;
const resuming = "the run ends; it continues from its last checkpoint with --resume";

/** Why ranks cannot be started by mpirun here; undefined where they can. */
export function withoutMpi(): string | undefined {
  try {
    loadMpi();
  } catch (error) {
    return (error as Error).message;
  }
  const { stdout = "", error } = spawnSync("mpirun", ["--version"], { encoding: "utf8" });
  if (error !== undefined) return `no mpirun on the path (${error.message}); ${mpiInstall}`;
  return /Open MPI|OpenRTE|PRRTE/.test(stdout) ? undefined : "the mpirun on the path is not Open MPI's";
}

/**
 * Runs all ranks to their end and returns the exit code of the run: that of the first rank that failed, whose end it
 * reports. SIGINT and SIGTERM are passed on, so that the ranks stop in order.
 */
export async function launchRanks(launch: Launch): Promise<number> {
  return launch.by === "mpi" ? byMpirun(launch) : bySockets(launch);
}

async function byMpirun({ command, words, ranks, variables }: Launch): Promise<number> {
  const problem = withoutMpi();
  if (problem !== undefined) {
    fail("backend", "launch --by mpi", {
      expected: "Open MPI",
      got: problem,
      todo: "install it, or leave --by away",
    });
  }
  const root = process.getuid?.() === 0;
  const rooted = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
  const child = spawn(
    "mpirun",
    // Threads are divided by BIFOCAL_THREADS; bound to one core each, ranks would share it.
    ["-n", String(ranks), "--oversubscribe", "--bind-to", "none", command, ...words],
    {
      env: { ...process.env, ...variables, ...(root && rooted) },
      stdio: ["ignore", "inherit", "inherit"],
      // A terminal's SIGINT would end mpirun at once, and with it the step under way.
      detached: true,
    },
  );
  let asked: NodeJS.Signals | undefined;
  const pass = (signal: NodeJS.Signals) => {
    asked ??= signal;
    child.kill("SIGUSR2"); // the one of those that ask to stop which mpirun passes on
  };
  const code = await passingSignals(pass, ended(child).then(codeOf));
  if (asked !== undefined && code !== 0) return 128 + constants.signals[asked];
  if (code !== 0) process.stderr.write(`a rank ended with exit code ${code}: ${resuming}\n`);
  return code;
}

async function bySockets({ command, words, ranks, variables }: Launch): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "bifocal-launch-"));
  try {
    const children = Array.from({ length: ranks }, (_, rank) => {
      const place = { RANK: `${rank}`, WORLD_SIZE: `${ranks}`, LOCAL_RANK: `${rank}` };
      const env = { ...process.env, ...variables, ...place, [meetingVariable]: join(folder, "meeting") };
      const child = spawn(command, words, {
        env,
        stdio: rank === 0 ? ["ignore", "inherit", "inherit"] : ["ignore", "pipe", "pipe"],
      });
      for (const said of [child.stdout, child.stderr]) said && prefixLines(said, `rank ${rank}: `);
      return child;
    });
    return await passingSignals((signal) => {
      for (const child of children) child.kill(signal);
    }, together(children));
  } finally {
    await rm(folder, { recursive: true });
  }
}

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Waits for all; when one fails, the others get a moment to say why they fail too, and are then killed. */
async function together(children: readonly ChildProcess[]): Promise<number> {
  let failed: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  await Promise.all(
    children.map(async (child, rank) => {
      const end = await ended(child);
      if (codeOf(end) === 0 || failed !== undefined) return;
      failed = codeOf(end);
      const how = end.signal === null ? `ended with exit code ${end.code}` : `was killed by ${end.signal}`;
      process.stderr.write(`rank ${rank} ${how}: ${resuming}\n`);
      timer = setTimeout(() => {
        for (const other of children) other.kill("SIGKILL");
      }, graceMilliseconds);
    }),
  );
  clearTimeout(timer);
  return failed ?? 0;
}

function ended(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal }));
  });
}

function codeOf({ code, signal }: Ended): number {
  return code ?? 128 + (signal === null ? 1 : constants.signals[signal]);
}

async function passingSignals<T>(pass: (signal: NodeJS.Signals) => void, work: Promise<T>): Promise<T> {
  const names = ["SIGINT", "SIGTERM", "SIGUSR2"] as const;
  for (const name of names) process.on(name, pass);
  try {
    return await work;
  } finally {
    for (const name of names) process.off(name, pass);
  }
}

function prefixLines(from: NodeJS.ReadableStream, prefix: string): void {
  let rest = "";
  from.setEncoding("utf8");
  from.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) process.stderr.write(`${prefix}${line}\n`);
  });
  from.on("end", () => {
    if (rest !== "") process.stderr.write(`${prefix}${rest}\n`);
  });
}
