import assert from "node:assert/strict";
import { test } from "node:test";
import type { ScheduleConfig } from "./config.ts";
import { scheduleFactor } from "./schedule.ts";

const steps = 110;
const factorOf = (schedule: Partial<ScheduleConfig>) => (step: number) =>
  scheduleFactor({ kind: "linear", warmupSteps: 10, end: 0.2, power: 2, ...schedule }, step, steps);
const near = (got: number, expected: number) =>
  assert.ok(Math.abs(got - expected) < 1e-12, `expected ${expected}, got ${got}`);

test("the rise is linear, never zero, and full at its last step", () => {
  for (const kind of ["constant", "linear", "polynomial", "cosine"] as const) {
    const factor = factorOf({ kind });
    near(factor(0), 0.1);
    near(factor(4), 0.5);
    near(factor(9), 1);
    near(factor(10), 1);
  }
});

test("the fall by kind, half way and behind the last step", () => {
  near(factorOf({ kind: "constant" })(109), 1);
  near(factorOf({ kind: "linear" })(60), 0.2 + 0.8 * 0.5);
  near(factorOf({ kind: "polynomial" })(60), 0.2 + 0.8 * 0.25);
  near(factorOf({ kind: "cosine" })(60), 0.2 + 0.8 * 0.5);
  near(factorOf({ kind: "cosine" })(35), 0.2 + 0.8 * 0.5 * (1 + Math.SQRT1_2));
  for (const kind of ["linear", "polynomial", "cosine"] as const) {
    near(factorOf({ kind })(steps), 0.2);
    near(factorOf({ kind })(2 * steps), 0.2);
    const falling = Array.from({ length: 100 }, (_, i) => factorOf({ kind })(10 + i));
    assert.ok(falling.every((value, i) => i === 0 || value < falling[i - 1]!));
  }
});

test("no rise, and a rise longer than the run", () => {
  near(factorOf({ warmupSteps: 0 })(0), 1);
  near(factorOf({ warmupSteps: 220 })(109), 0.5);
});
