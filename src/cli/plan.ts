import type { RunPlan } from "../train/plan.ts";
import { collect, printResult, table, verb } from "./verb.ts";

interface PlanFlags {
  readonly set?: readonly string[];
  readonly json?: boolean;
}

/** `bifocal plan <recipe>` */
export const plan = verb("plan", "parameters, operations and memory of a recipe, before anything runs", [
  "plan meter-base",
  "plan meter-base train.batch=4 model.image.imageSize=288",
  "plan my-recipe.yaml --json",
])
  .argument("<recipe>", "a name of `bifocal list recipes`, or a JSON or YAML file")
  .argument("[settings...]", "changes to the recipe as path=value, as with --set")
  .option("--set <path=value>", "change the recipe; can be repeated, a later one wins", collect)
  .action(async (recipe: string, bare: string[], flags: PlanFlags) => {
    // Loaded when they are needed: other verbs, and help, answer at once.
    const [{ resolveRecipe }, { countAnswers }, { planRun }] = await Promise.all([
      import("../recipes/resolve.ts"),
      import("../tasks/source.ts"),
      import("../train/plan.ts"),
    ]);
    const { name, runs, staged } = await resolveRecipe(recipe, [...(flags.set ?? []), ...bare]);
    const answers = await Promise.all(runs.map(({ task, data }) => countAnswers(task, data)));
    const plans = runs.map((config, i) => {
      const planned = planRun(config, answers[i]!);
      const { batch } = config.train;
      return { result: { recipe: config.name, batch, ...planned }, lines: linesOf(planned, batch) };
    });
    if (!staged) return printResult(flags.json, plans[0]!.result, plans[0]!.lines);
    const stages = plans.map(({ result }) => result);
    printResult(
      flags.json,
      { recipe: name, stages },
      plans.flatMap(({ result, lines }, i) => [
        ...(i === 0 ? [] : [""]),
        `stage ${i + 1} of ${plans.length}: ${result.recipe}`,
        ...lines,
      ]),
    );
  });

function linesOf({ parameters, flopsPerSample, memory }: RunPlan, batch: number): string[] {
  const parts = [...new Set([...Object.keys(parameters.byPart), ...Object.keys(flopsPerSample.byPart)])];
  const count = (n: number) => (n === 0 ? "-" : scaled(n, ""));
  return [
    ...table([
      ["part", "parameters", "FLOPs forward", "FLOPs step"],
      ...parts.map((part) => {
        const { forward, step } = flopsPerSample.byPart[part] ?? { forward: 0, step: 0 };
        return [part, count(parameters.byPart[part] ?? 0), count(forward), count(step)];
      }),
      ["total", count(parameters.total), count(flopsPerSample.forward), count(flopsPerSample.step)],
      ["trainable", count(parameters.trainable)],
      ["without heads", count(parameters.withoutHeads)],
    ]),
    "FLOPs of matrix products, for one picture with its texts",
    "",
    ...table([
      ["memory", `batch ${batch}`],
      ...Object.entries(memory).map(([name, bytes]) => [name, scaled(bytes, "B")]),
    ]),
  ];
}

const prefixes = ["", "k", "M", "G", "T", "P"];

/** Three digits with the decimal prefix: "319 M", "4.17 GB". */
function scaled(value: number, unit: string): string {
  const power = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), prefixes.length - 1);
  const digits = value / 1000 ** power;
  return `${digits >= 100 ? digits.toFixed(0) : digits.toPrecision(3)} ${prefixes[power]}${unit}`.trimEnd();
}
