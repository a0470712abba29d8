import type { ScheduleConfig } from "./config.ts";

/** Factor on the learning rate at `step` (from 0) of `steps`: a linear rise, then the fall to `end`. */
export function scheduleFactor(schedule: ScheduleConfig, step: number, steps: number): number {
  const { kind, warmupSteps, end, power } = schedule;
  if (step < warmupSteps) return (step + 1) / warmupSteps;
  const done = Math.min(1, (step - warmupSteps) / Math.max(1, steps - warmupSteps));
  const fall: Record<ScheduleConfig["kind"], number> = {
    constant: 1,
    linear: 1 - done,
    polynomial: (1 - done) ** power,
    cosine: 0.5 * (1 + Math.cos(Math.PI * done)),
  };
  return kind === "constant" ? 1 : end + (1 - end) * fall[kind];
}
