/**
 * METER-base's pretraining step on a GPU, with products in bf16: Bifocal by libtorch in turn with PyTorch eager, then
 * compiled. PyTorch has scaled_dot_product_attention, the fused AdamW and autocast.
 */
import { spawnSync } from "node:child_process";
import { chooseBackend } from "#src/backends/choose.ts";
import { fail } from "#src/core/errors.ts";
import { meterBase } from "#src/recipes/meter-base.ts";
import { configOf } from "#src/recipes/recipe.ts";
import type { RunConfig } from "#src/train/config.ts";
import { type Benchmark, type Figure, figureOf, peakResident } from "./figure.ts";
import { asking, inTurn, openPyTorch, type Place, usualPlace } from "./in-turn.ts";
import { prepareStep } from "./pretraining-step.ts";

/** Many rows keep a GPU busy; on the CPU the command only shows that it runs. */
const batches = { cuda: 32, cpu: 1 };

function placeOf(): Place & { readonly batch: number } {
  const device = process.env.BIFOCAL_DEVICE ?? "cuda:0";
  const kind = device.split(":")[0]!;
  if (!(kind in batches)) fail("config", "BIFOCAL_DEVICE", { expected: "cuda:0 or cpu", got: device });
  return { ...usualPlace, device, precision: "bf16", batch: batches[kind as keyof typeof batches] };
}

/** Bytes that the driver says this process holds on GPUs; undefined where it does not say. */
function gpuBytes(): number | undefined {
  const query = ["--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"];
  const { stdout } = spawnSync("nvidia-smi", query, { encoding: "utf8" });
  const own = (stdout ?? "").split("\n").flatMap((line) => {
    const [pid, mebibytes] = line.split(",").map(Number);
    return pid === process.pid && Number.isFinite(mebibytes) ? [mebibytes! * 2 ** 20] : [];
  });
  return own.length === 0 ? undefined : own.reduce((sum, bytes) => sum + bytes);
}

const gigabytes = (name: string, bytes: number): Figure => ({
  name: `memory: ${name}`,
  value: bytes / 1e9,
  unit: "GB",
});

/** npm run bench -- gpu; BIFOCAL_DEVICE chooses another device than cuda:0. */
export const gpu: Benchmark = {
  description: "pretraining steps of meter-base in bf16 on a GPU, beside PyTorch eager and compiled",
  run: async () => {
    const place = placeOf();
    const backend = await chooseBackend({ backend: "torch", ...place });
    const train = { ...meterBase.train, batch: place.batch, accumulate: 1 };
    const config: RunConfig = { ...configOf(meterBase), train };
    const step = await prepareStep(backend, config);
    const figures: Figure[] = [{ name: "batch", value: place.batch, unit: "" }];
    for (const mode of ["eager", "compiled"] as const) {
      const other = await openPyTorch("meter", mode, config, place);
      const theirs = other && { about: other.about, work: asking(other.python) };
      const { figures: speeds, costs } = await inTurn("step", "samples/s", place.batch, step.run, theirs);
      figures.push(...speeds);
      if (other === undefined) continue;
      const { seconds } = JSON.parse(await other.python.ask("peak")) as { seconds: number };
      const teraflops = costs.map((cost) => step.operations / 1e12 / cost.seconds);
      figures.push(
        { name: `peak of products: ${other.about}`, value: 1 / seconds, unit: "TFLOP/s" },
        figureOf(`Bifocal beside ${mode}`, "TFLOP/s", teraflops),
        figureOf(
          `Bifocal beside ${mode}: share of the peak`,
          "",
          teraflops.map((speed) => speed * seconds),
        ),
      );
      const { bytes } = JSON.parse(await other.python.ask("memory")) as { bytes: number };
      figures.push(gigabytes(other.about, bytes));
      other.python.close();
    }
    const own = place.device === "cpu" ? peakResident() : gpuBytes();
    if (own === undefined)
      process.stderr.write("the driver does not say how much memory this process holds\n");
    return own === undefined ? figures : [...figures, gigabytes("Bifocal", own)];
  },
};
