import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statfsSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, totalmem } from "node:os";
import { join } from "node:path";
import { evaluate } from "../backends/backend.ts";
import { packageFolder, vendors } from "../datasets/emoji-world/drawings.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/tensor.ts";

/** One thing a machine has or lacks. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** Nothing can be trained without it. */
  readonly necessary: boolean;
  /** Version, amount or reason. */
  readonly found: string;
  /** What to do where it is missing. */
  readonly todo: string;
}

const gibibyte = 2 ** 30;
const leastMemory = 2;
const leastDisk = 1;

/** Looks at everything; takes a second or two. */
export async function checkMachine(): Promise<Check[]> {
  return [
    nodeVersion(),
    cores(),
    memory(),
    disk(),
    await library(),
    await torch(),
    await speed(),
    await nativePackage("koffi", false, "without it the slower Node binding runs; run: npm install"),
    await nativePackage("sharp", true, "run: npm install"),
    await nativePackage("tokenizers", true, "run: npm install"),
    ...vendors.map((vendor) => art(vendor.package)),
    python(),
    await openMpi(),
  ];
}

function nodeVersion(): Check {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  const todo = "install Node 20.19 or later";
  return { name: "Node.js", ok, necessary: true, found: process.versions.node, todo };
}

function cores(): Check {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const found = [`${availableParallelism()}`, model, arch(), ...cpuFeatures()].join(", ");
  return { name: "cores", ok: true, necessary: false, found, todo: "" };
}

/** Instructions that matter for matrix products, where Linux lists them. */
function cpuFeatures(): string[] {
  const path = "/proc/cpuinfo";
  if (!existsSync(path)) return [];
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync(path, "utf8"))?.[1]?.split(/\s+/));
  const wanted = ["avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "bf16", "sve"];
  return wanted.filter((flag) => flags.has(flag));
}

function memory(): Check {
  const limit = process.constrainedMemory();
  const bytes = limit > 0 && limit < totalmem() ? limit : totalmem();
  return {
    name: "memory",
    ok: bytes >= leastMemory * gibibyte,
    necessary: false,
    found: `${(bytes / gibibyte).toFixed(1)} GiB`,
    todo: `small models need about ${leastMemory} GiB`,
  };
}

function disk(): Check {
  const { bavail, bsize } = statfsSync(process.cwd());
  return {
    name: "free disk here",
    ok: bavail * bsize >= leastDisk * gibibyte,
    necessary: false,
    found: `${((bavail * bsize) / gibibyte).toFixed(1)} GiB`,
    todo: `free ${leastDisk} GiB or choose another place for runs with --out`,
  };
}

async function library(): Promise<Check> {
  const check = { name: "ONNX Runtime", necessary: false };
  try {
    const { loadOrt, ortLibraryPath } = await import("../backends/default.ts");
    const path = ortLibraryPath();
    return { ...check, ok: true, found: `${loadOrt(path).version}, ${path}`, todo: "" };
  } catch (error) {
    const todo = "run: npm install; where that does not help, the slower Node binding runs";
    return { ...check, ok: false, found: reason(error), todo };
  }
}

async function torch(): Promise<Check> {
  const check = { name: "libtorch", necessary: false };
  const { describeTorch, installTorch } = await import("../backends/default.ts");
  try {
    return { ...check, ok: true, found: describeTorch(), todo: "" };
  } catch (error) {
    const todo = `for --backend torch run: ${installTorch}; or name one in BIFOCAL_TORCH`;
    return { ...check, ok: false, found: reason(error), todo };
  }
}

/** A matrix product of n x n by n x n takes 2 n^3 operations; repeated for a fifth of a second. */
async function speed(): Promise<Check> {
  const check = { name: "matrix products", necessary: true };
  const n = 512;
  const type = { dtype: "f32", shape: [n, n] } as const;
  const [a, b] = ["a", "b"].map((name) => apply("input", { name, type }));
  try {
    const { defaultBackend } = await import("../backends/default.ts");
    const graph = graphOf({ product: a!.matmul(b!) });
    const ones = new Float32Array(n * n).fill(1);
    const { product } = await evaluate(defaultBackend, graph, { a: ones, b: ones });
    if (product?.[n] !== n)
      return { ...check, ok: false, found: `${product?.[n]} for ${n}`, todo: "run: npm install" };
    const executable = await defaultBackend.compile(graph);
    const bound = executable.bind({ a: ones, b: ones }, { product });
    await bound.run();
    const began = performance.now();
    let runs = 0;
    for (; performance.now() - began < 200; runs++) await bound.run();
    const rate = (runs * 2 * n ** 3) / ((performance.now() - began) * 1e6);
    return { ...check, ok: true, found: `${rate.toFixed(0)} GFLOP/s`, todo: "" };
  } catch (error) {
    return { ...check, ok: false, found: reason(error), todo: "run: npm install" };
  }
}

async function nativePackage(name: string, necessary: boolean, todo: string): Promise<Check> {
  try {
    await import(name);
    return { name, ok: true, necessary, found: versionOf(name), todo: "" };
  } catch (error) {
    return { name, ok: false, necessary, found: reason(error), todo };
  }
}

/** From the package's own file; not every package lets it be imported. */
function versionOf(name: string): string {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  const file = folders.map((folder) => join(folder, name, "package.json")).find(existsSync);
  return file === undefined
    ? "installed"
    : (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

function art(name: string): Check {
  const check = { name: `${name} (Emoji World)`, necessary: false };
  try {
    return { ...check, ok: true, found: packageFolder(name), todo: "" };
  } catch (error) {
    const todo = `for Emoji World run: npm install --save-dev ${vendors.map((vendor) => vendor.package).join(" ")}`;
    return { ...check, ok: false, found: reason(error), todo };
  }
}

function python(): Check {
  const script =
    "import sys, importlib.metadata as m\nprint(sys.version.split()[0])\ntry: print('torch', m.version('torch'))\nexcept m.PackageNotFoundError: print('no torch')";
  const { status, stdout } = spawnSync("python3", ["-c", script], { encoding: "utf8", timeout: 10_000 });
  const [version = "", torch = ""] = status === 0 ? stdout.trim().split("\n") : [];
  return {
    name: "Python with torch",
    ok: torch.startsWith("torch "),
    necessary: false,
    found: status === 0 ? `Python ${version}, ${torch}` : "no python3",
    todo: "needed only to make new reference values from original code",
  };
}

async function openMpi(): Promise<Check> {
  const { withoutMpi } = await import("../parallel/launch.ts");
  const { mpiInstall } = await import("../parallel/mpi.ts");
  const problem = withoutMpi();
  return {
    name: "Open MPI",
    ok: problem === undefined,
    necessary: false,
    found: problem ?? "mpirun and its library",
    todo: `only for bifocal launch over MPI, which else uses sockets: ${mpiInstall}`,
  };
}

function reason(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
}
