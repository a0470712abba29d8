/**
 * All there is to know of a GPU in one command: every op there against the reference, what calls cost beside their
 * arithmetic, and METER-base's pretraining step with products in bf16, in turn with PyTorch eager, then compiled. PyTorch
 * has scaled_dot_product_attention, the fused AdamW and autocast.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { chooseBackend } from "#src/backends/choose.ts";
import { fail } from "#src/core/errors.ts";
import { meterBase } from "#src/recipes/meter-base.ts";
import { type Benchmark, type Figure, figureOf, peakResident } from "./figure.ts";
import { inProcesses } from "./in-processes.ts";
import { asking, inTurn, openPyTorch, type Place, usualPlace } from "./in-turn.ts";
import { prepareStep } from "./pretraining-step.ts";
import { type MeterSizes, sizedMeter } from "./sized-meter.ts";

/** Many rows keep a GPU busy; on the CPU the command only shows that it runs, on layers that PyTorch's bf16 can do there. */
const sizes: Readonly<Record<string, MeterSizes>> = {
  cuda: { batch: 32, width: 768, imageSize: 224, textLength: meterBase.train.textLength },
  cpu: { batch: 2, width: 24, imageSize: 32, textLength: 8 },
};

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

/** The conformance suite of libtorch, on this device as well. */
function conformance(device: string): Figure[] {
  const script = fileURLToPath(new URL("../scripts/test.js", import.meta.url));
  const cwd = fileURLToPath(new URL("../../", import.meta.url));
  const { stdout } = spawnSync(process.execPath, [script, "conformance/torch"], { cwd, encoding: "utf8" });
  const count = (what: string) => Number(new RegExp(`^. ${what} (\\d+)$`, "m").exec(stdout)?.[1]);
  const again = `BIFOCAL_DEVICE=${device} npm test -- conformance/torch`;
  if (!(count("pass") > 1))
    fail("backend", `conformance on ${device}`, { got: "no result", todo: `run: ${again}` });
  if (count("fail") > 0) process.stderr.write(`to see what failed: ${again}\n`);
  return [
    { name: "conformance: cases passed", value: count("pass"), unit: "" },
    { name: "conformance: cases failed", value: count("fail"), unit: "", target: "0" },
  ];
}

/** npm run bench -- gpu; BIFOCAL_DEVICE chooses another device than cuda:0. */
export const gpu: Benchmark = {
  description: "every op on a GPU, the cost of calls, and steps of meter-base in bf16 beside PyTorch",
  run: async () => {
    process.env.BIFOCAL_DEVICE ??= "cuda:0";
    const device = process.env.BIFOCAL_DEVICE;
    const here = sizes[device.split(":")[0]!];
    if (here === undefined) fail("config", "BIFOCAL_DEVICE", { expected: "cuda:0 or cpu", got: device });
    const { batch, width } = here;
    const config = sizedMeter(here);
    const place: Place = { ...usualPlace, device, precision: "bf16", width };
    const backend = await chooseBackend({ backend: "torch", ...place });
    const first = [...conformance(device), ...inProcesses(["launch"])];
    const step = await prepareStep(backend, config);
    const figures: Figure[] = [...first, { name: "batch", value: batch, unit: "" }];
    for (const mode of ["eager", "compiled"] as const) {
      const other = await openPyTorch("meter", mode, config, place);
      const theirs = other && { about: other.about, work: asking(other.python) };
      const { figures: speeds, costs } = await inTurn("step", "samples/s", batch, step.run, theirs);
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
    const own = device === "cpu" ? peakResident() : gpuBytes();
    if (own === undefined)
      process.stderr.write("the driver does not say how much memory this process holds\n");
    return own === undefined ? figures : [...figures, gigabytes("Bifocal", own)];
  },
};
