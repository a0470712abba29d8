import type { Benchmark } from "./figure.ts";
import { inProcesses } from "./in-processes.ts";

export const step: Benchmark = {
  description: "stack and meter-base, each in a process of its own",
  run: async () => inProcesses(["stack", "meter-base"]),
};
