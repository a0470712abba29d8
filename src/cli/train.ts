import { constants } from "node:os";
import { join } from "node:path";
import type { Communicator } from "../parallel/communicator.ts";
import type { TrainResult } from "../train/trainer.ts";
import { type BackendFlags, backendOf, withBackend } from "./backend-options.ts";
import { stopSignals } from "./stop-signals.ts";
import { collect, printResult, table, verb } from "./verb.ts";

interface TrainFlags extends BackendFlags {
  readonly set?: readonly string[];
  readonly out?: string;
  readonly steps?: string;
  readonly recompute?: string;
  readonly resume?: boolean;
  readonly from?: string;
  readonly json?: boolean;
}

/** `bifocal train <recipe>` */
export const train = withBackend(
  verb("train", "pretrain or fine-tune a model as a recipe says", [
    "train meter-tiny",
    "train meter-tiny --steps 1000 train.batch=32 --out runs/small",
    "train meter-tiny-vqa --from runs/meter-tiny",
    "train vilt data.root=/data --out runs/vilt",
    "train my-recipe.yaml --set train.optimizer.lr=1e-4 --resume",
    "train meter-base --backend torch --device cuda:0 --precision bf16",
  ]),
)
  .argument("<recipe>", "a name of `bifocal list recipes`, or a JSON or YAML file")
  .argument("[settings...]", "changes to the recipe as path=value, as with --set")
  .option("--set <path=value>", "change the recipe; can be repeated, a later one wins", collect)
  .option("--steps <n>", "steps to train: train.steps=n")
  .option(
    "--recompute <what>",
    "blocks: keep no activations inside of blocks but compute them again, in less memory: train.recompute=blocks",
  )
  .option("--out <dir>", "run folder (default: runs/ and the recipe's name)")
  .option("--from <run>", "start from the model and tokenizer of a finished run")
  .option("--resume", "continue the run in the run folder, or start it where there is none")
  .action(async (recipe: string, bare: string[], flags: TrainFlags) => {
    const { joinRanks } = await import("../parallel/join.ts");
    const ranks = await joinRanks();
    try {
      await trainAs(ranks, recipe, bare, flags);
      await ranks.close();
    } catch (error) {
      await ranks.abandon(error instanceof Error ? error.message : String(error));
      throw error;
    }
  });

/** What one process does; of several, rank 0 reads the recipe and prints. */
async function trainAs(
  ranks: Communicator,
  recipe: string,
  bare: readonly string[],
  flags: TrainFlags,
): Promise<void> {
  const shorthands = (["steps", "recompute"] as const).flatMap((key) =>
    flags[key] === undefined ? [] : [`train.${key}=${flags[key]}`],
  );
  // Loaded when they are needed: other verbs, and help, answer at once.
  const { resolveRecipe } = await import("../recipes/resolve.ts");
  const { broadcastJson } = await import("../parallel/communicator.ts");
  const settings = [...(flags.set ?? []), ...bare, ...shorthands];
  const resolved = ranks.rank === 0 ? await resolveRecipe(recipe, settings) : undefined;
  const { name, runs, staged } = await broadcastJson(ranks, resolved);
  const out = flags.out ?? join("runs", name);
  const { from, resume = false } = flags;
  const stop = stopSignals();
  const [{ train: run }, { trainStages }, { showEnvironments }, backend] = await Promise.all([
    import("../train/trainer.ts"),
    import("../train/stages.ts"),
    import("../train/environments.ts"),
    backendOf(flags),
  ]);
  const options = { out, resume, from, backend, signal: stop.signal, ranks };
  const stages = staged ? await trainStages(runs, options) : undefined;
  const result = stages?.at(-1) ?? { ...(await run({ ...options, config: runs[0]! })), path: out };
  const toResume = result.finished ? undefined : resumeCommand();
  // Another rank may have been the one that was told to stop.
  if (!result.finished) process.exitCode = stop.received()?.exitCode ?? 128 + constants.signals.SIGTERM;
  if (ranks.rank > 0) return;
  const where = stages === undefined ? "" : ` of stage ${stages.length}`;
  printResult(
    flags.json,
    { ...result, ...(stages && { stages }), ...(toResume !== undefined && { toResume }) },
    [
      ...(stages ?? [result]).flatMap((stage) =>
        summary(stage, showEnvironments(stage.computed), stage.path),
      ),
      ...(toResume === undefined
        ? []
        : [`stopped after step ${result.steps}${where}; to continue: ${toResume}`]),
    ],
  );
}

function summary(result: TrainResult, computed: string, out: string): string[] {
  const { steps, before, seconds, samplesPerSecond, waiting, best } = result;
  if (result.finished && before === steps) return [`${out}: finished already, ${steps} steps`];
  return table([
    ["steps", before === 0 ? `${steps}` : `${steps}, ${steps - before} of them now`],
    ["time", `${seconds.toFixed(1)} s, ${(100 * waiting).toFixed(1)} % of it waiting for data`],
    ["speed", `${samplesPerSecond.toFixed(1)} samples/s`],
    ["parameters", `${result.parameters}`],
    ["computed by", computed],
    [
      "best",
      best === undefined ? "none yet" : `${best.metric} ${best.value.toPrecision(4)} at step ${best.step}`,
    ],
    ["run", out],
  ]);
}

/** The command that was given, with --resume, for a shell. */
function resumeCommand(): string {
  const launched = JSON.parse(process.env.BIFOCAL_LAUNCHED ?? "[]") as string[];
  const words = [...launched, ...process.argv.slice(2).filter((word) => word !== "--resume")];
  const quoted = words.map((word) =>
    /^[\w./=:,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`,
  );
  return ["bifocal", ...quoted, "--resume"].join(" ");
}
