/** Weak scaling: two ranks with one thread each and twice the batch, against one rank with one thread. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withoutMpi } from "#src/parallel/launch.ts";
import { type Benchmark, type Figure, figureOf } from "./figure.ts";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const rounds = 5;
const steps = 20;
/** Pictures of each rank. */
const batch = 32;
const recipes = ["meter-tiny", "meter-tiny-vqa"] as const;

/** Pictures a second of a run of `ranks` processes, one thread each. */
function speed(recipe: string, ranks: number, by: "mpi" | "sockets"): number {
  const folder = mkdtempSync(join(tmpdir(), "bifocal-bench-"));
  try {
    const train = [
      ...["train", recipe, `train.batch=${ranks * batch}`, `train.steps=${steps}`],
      ...[`train.validation={every: ${steps}, batches: 1}`, "--out", join(folder, "run"), "--json"],
    ];
    const launch = ranks === 1 ? [] : ["launch", "-n", String(ranks), "--by", by, "--threads", "1"];
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...launch, ...train], {
      env: { ...process.env, BIFOCAL_THREADS: "1" },
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${recipe} on ${ranks} ranks: ${stderr}`);
    return (JSON.parse(stdout) as { samplesPerSecond: number }).samplesPerSecond;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What two ranks gain over one. */
export const parallel: Benchmark = {
  description: "weak scaling: two ranks with a thread each against one, over sockets and Open MPI",
  run: async () => {
    const ways = withoutMpi() === undefined ? (["sockets", "mpi"] as const) : (["sockets"] as const);
    return recipes.flatMap((recipe) => {
      const alone: number[] = [];
      const together = ways.map((): number[] => []);
      for (let round = 0; round < rounds; round++) {
        alone.push(speed(recipe, 1, "sockets"));
        for (const [i, by] of ways.entries()) together[i]!.push(speed(recipe, 2, by));
      }
      return [
        figureOf(`${recipe}, one rank`, "pictures/s", alone),
        ...ways.flatMap((by, i): Figure[] => [
          figureOf(`${recipe}, two ranks, ${by}`, "pictures/s", together[i]!),
          figureOf(
            `${recipe}, two ranks / 2 x one, ${by}`,
            "",
            together[i]!.map((both, round) => both / (2 * alone[round]!)),
          ),
        ]),
      ];
    });
  },
};
