/** Both sides in turn in one run: PyTorch in a process of its own, asked for one piece of work at a time. */
import { availableParallelism } from "node:os";
import { sizeOf } from "#src/core/shape.ts";
import { batchPlan } from "#src/tasks/index.ts";
import { sizesOf } from "#src/train/assemble.ts";
import type { RunConfig } from "#src/train/config.ts";
import { type Cost, type Figure, figureOf, timed } from "./figure.ts";
import { type PythonScript, startPython } from "./python.ts";

const repetitions = 7;

/** How PyTorch runs a model; "published": eager as the model's own repository does, see beside_pytorch.py. */
export type Mode = "eager" | "compiled" | "published";

/** Where both sides compute, in what precision of products, and how wide their layers are. */
export interface Place {
  readonly device: string;
  readonly precision: "f32" | "bf16";
  readonly threads: number;
  readonly width: number;
}

/** The published sizes on all cores, in f32. */
export const usualPlace: Place = {
  device: "cpu",
  precision: "f32",
  threads: availableParallelism(),
  width: 768,
};

/** What one side can be asked to do once. */
export type Work = (what: string) => Promise<Cost>;

/** PyTorch's side; undefined, with the reason on standard error, where it cannot run. */
export async function openPyTorch(
  name: string,
  mode: Mode,
  config: RunConfig,
  { device, precision, threads, width }: Place = usualPlace,
) {
  const { types } = batchPlan(config.task, sizesOf(config, 0));
  const { batch, textLength } = config.train;
  const sizes = [batch, config.model.image.imageSize, textLength, sizeOf(types.positions!.shape)].map(String);
  const python = await startPython("beside_pytorch.py", [
    `${threads}`,
    name,
    ...sizes,
    mode,
    device,
    precision,
    `${width}`,
  ]);
  if (python === undefined) return undefined;
  const said = JSON.parse(python.about) as { about: string; parameters: number } | { refused: string };
  if (!("refused" in said)) return { python, ...said };
  process.stderr.write(`measured without PyTorch beside: ${said.refused}\n`);
  python.close();
  return undefined;
}

/** What PyTorch is asked, and what it took. */
export const asking =
  (python: PythonScript): Work =>
  async (what) =>
    JSON.parse(await python.ask(what)) as Cost;

/** Both sides in turn, after one round that is not counted. */
export async function inTurn(
  what: string,
  unit: string,
  perRun: number,
  ours: () => Promise<unknown>,
  theirs: { readonly about: string; readonly work: Work } | undefined,
  between: () => Promise<unknown> = async () => undefined,
): Promise<{ figures: Figure[]; costs: Cost[] }> {
  const costs: Cost[] = [];
  const others: Cost[] = [];
  for (let round = 0; round <= repetitions; round++) {
    const cost = await timed(ours);
    const other = await theirs?.work(what);
    await between();
    if (round === 0) continue;
    costs.push(cost);
    if (other !== undefined) others.push(other);
  }
  const speeds = (side: string, of: readonly Cost[]) =>
    figureOf(
      `${what}: ${side}`,
      unit,
      of.map(({ seconds }) => perRun / seconds),
    );
  const ratio = (kind: keyof Cost) => costs.map((cost, i) => others[i]![kind] / cost[kind]);
  const beside =
    theirs === undefined
      ? []
      : [
          speeds(theirs.about, others),
          figureOf(
            `${what}: ours / theirs`,
            "",
            ratio("seconds"),
            what === "step" ? "at least 1.5" : undefined,
          ),
          figureOf(`${what}: ours / theirs, by CPU time`, "", ratio("cpuSeconds")),
        ];
  return { figures: [speeds("Bifocal", costs), ...beside], costs };
}
