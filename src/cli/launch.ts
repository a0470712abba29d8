import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { fail } from "../core/errors.ts";
import { choiceOption, countOption, verb } from "./verb.ts";

interface LaunchFlags {
  readonly ranks: string;
  readonly by?: string;
  readonly threads?: string;
  readonly json?: boolean;
}

/** `bifocal launch -n <ranks> train <recipe>` */
export const launch = verb("launch", "train on several processes of this machine that share every batch", [
  "launch -n 2 train meter-tiny",
  "launch -n 4 --by sockets train my-recipe.yaml --out runs/mine --resume",
])
  .argument("<command...>", "train with its own arguments and options")
  .requiredOption("-n, --ranks <n>", "number of processes")
  .option("--by <way>", "mpi or sockets (default: mpi where Open MPI is installed)")
  .option("--threads <n>", "threads of each process (default: this machine's cores shared out)")
  .passThroughOptions()
  .action(async (words: string[], flags: LaunchFlags) => {
    const ranks = countOption("--ranks", flags.ranks);
    if (words[0] !== "train") {
      fail("usage", "launch", {
        expected: "train with its arguments",
        got: words.join(" "),
        todo: "write for example: bifocal launch -n 2 train meter-tiny",
      });
    }
    const { launchRanks, withoutMpi } = await import("../parallel/launch.ts");
    const by =
      flags.by === undefined
        ? withoutMpi() === undefined
          ? "mpi"
          : "sockets"
        : choiceOption("--by", flags.by, ["mpi", "sockets"]);
    const threads =
      flags.threads === undefined
        ? Math.max(1, Math.floor(availableParallelism() / ranks))
        : countOption("--threads", flags.threads);
    process.exitCode = await launchRanks({
      command: process.execPath,
      words: [
        ...process.execArgv,
        fileURLToPath(new URL("./main.js", import.meta.url)),
        ...words,
        ...(flags.json ? ["--json"] : []),
      ],
      ranks,
      by,
      variables: {
        BIFOCAL_THREADS: String(threads),
        OMP_NUM_THREADS: String(threads),
        BIFOCAL_LAUNCHED: JSON.stringify(process.argv.slice(2, process.argv.indexOf("train"))),
      },
    });
  });
