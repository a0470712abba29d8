import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A script of bench/ that answers every line with a line. */
export interface PythonScript {
  /** What it said first: the versions it runs with. */
  readonly about: string;
  ask(line: string): Promise<string>;
  close(): void;
}

/** A Python that has the modules: BIFOCAL_PYTHON, else the one on the path; undefined where there is none. */
function pythonWith(modules: string): string | undefined {
  const candidates = [process.env.BIFOCAL_PYTHON, "python3", "python"];
  return candidates.find(
    (python) =>
      python !== undefined &&
      spawnSync(python, ["-c", `import ${modules}`], { stdio: "ignore" }).status === 0,
  );
}

/** Starts bench/`script`; undefined, with a note on standard error, where no Python has what it imports. */
export async function startPython(
  script: string,
  args: readonly string[],
  modules = "torch, transformers",
): Promise<PythonScript | undefined> {
  const python = pythonWith(modules);
  if (python === undefined) {
    process.stderr.write(`no Python with ${modules} (BIFOCAL_PYTHON): measured without it beside\n`);
    return undefined;
  }
  const path = fileURLToPath(new URL(`../../bench/${script}`, import.meta.url));
  const child = spawn(python, ["-W", "ignore", path, ...args], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${script} ended: run it by hand to see why`);
    return value as string;
  };
  return {
    about: await next(),
    ask: (line) => {
      child.stdin.write(`${line}\n`);
      return next();
    },
    close: () => child.kill(),
  };
}
