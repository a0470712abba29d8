import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The compiled command line. */
export const main = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));

/** Settings that make meter-tiny a model of 30 k parameters whose steps take milliseconds; all sizes differ. */
export const small = [
  "train.batch=4",
  "model.image={kind: vit, colours: {mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5]}, imageSize: 32, patch: 16, width: 16, depth: 1, heads: 2, hidden: 24, normFirst: false, activation: exact, dropout: 0, epsilon: 1e-6}",
  "model.text={kind: bert, vocab: 192, textLength: 33, positionOffset: 0, segments: 1, width: 12, depth: 1, heads: 3, hidden: 20, activation: exact, norm: post, dropout: 0, epsilon: 1e-12}",
  "model.fusion={kind: co-attention, width: 20, depth: 1, heads: 4, hidden: 28, activation: exact, norm: post, dropout: 0.2, epsilon: 1e-12}",
  "train.textLength=32",
  "train.validation={every: 5, batches: 1}",
  "train.checkpoint={every: 2, keep: 2}",
];

/** How a process ended and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program under way; `ended` resolves when it has exited and all its output was read. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts the compiled command line. */
export function bifocal(...words: readonly string[]): Started {
  return start([process.execPath, main, ...words]);
}

/** Starts a program, with variables beside those of this process. */
export function start(
  [command, ...words]: readonly [string, ...string[]],
  variables: Readonly<Record<string, string>> = {},
): Started {
  const env = { ...process.env, ...variables };
  const child = spawn(command, words, { env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.stderr += text;
  });
  const ended = new Promise<Ended>((resolve) =>
    child.once("close", (code, signal) => resolve({ code, signal, ...said })),
  );
  return { child, ended };
}

/** SHA-256 of a file. */
export function sha256(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}
