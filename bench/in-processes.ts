import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Figure } from "./figure.ts";

/** Figures of benchmarks, each in a process of its own, so that its peak memory is its own. */
export function inProcesses(names: readonly string[]): Figure[] {
  return names.flatMap((name) => {
    const main = fileURLToPath(new URL("main.js", import.meta.url));
    const { status, stdout } = spawnSync(process.execPath, [main, name, "--json"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    if (status !== 0) throw new Error(`benchmark ${name} ended with ${status}`);
    const { figures } = JSON.parse(stdout) as { figures: Figure[] };
    return figures.map((figure) => ({ ...figure, name: `${name}: ${figure.name}` }));
  });
}
