import { type Environment, showEnvironment } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import {
  environmentPath,
  readEnvironments,
  saveEnvironments,
  type WritableRun,
} from "../files/run-folder.ts";
import { differences } from "./enter-run.ts";

/** What computed the steps of a run after the first `fromStep`, up to the next entry. */
export interface TrainedBy extends Environment {
  readonly fromStep: number;
}

/** What computed a run so far; nothing for runs from before this was recorded. @throws BifocalError "checkpoint" when the record is damaged. */
export async function environmentsOf(run: WritableRun): Promise<TrainedBy[]> {
  return (await readEnvironments(run)).map((entry) => {
    const { fromStep, backend, library, device, precision } = entry;
    if (
      typeof fromStep !== "number" ||
      typeof backend !== "string" ||
      typeof library !== "string" ||
      typeof device !== "string" ||
      (precision !== "f32" && precision !== "bf16")
    ) {
      fail("checkpoint", environmentPath(run), {
        expected: "fromStep, backend, library, device and precision",
        got: JSON.stringify(entry),
        todo: "delete the file: nothing but this record is lost",
      });
    }
    return { fromStep, backend, library, device, precision };
  });
}

/** Records what computes a run that stands after `done` steps, and says on standard error where that is something else than before. */
export async function recordEnvironment(
  run: WritableRun,
  done: number,
  now: Environment,
): Promise<TrainedBy[]> {
  // What began here or later left no checkpoint.
  const earlier = (await environmentsOf(run)).filter(({ fromStep }) => fromStep < done);
  const last = earlier.at(-1);
  const changed = last === undefined ? [] : differences({ ...last }, { ...now, fromStep: last.fromStep }, "");
  if (changed.length > 0) {
    const lines = changed.map((line) => `  ${line}\n`).join("");
    process.stderr.write(
      `${run.path}: something else computes after step ${done}, so numbers round otherwise than in a run that was never stopped\n${lines}`,
    );
  }
  const all = last !== undefined && changed.length === 0 ? earlier : [...earlier, { fromStep: done, ...now }];
  await saveEnvironments(
    run,
    all.map((entry) => ({ ...entry })),
  );
  return all;
}

/** What computed a run, for people. */
export function showEnvironments(environments: readonly TrainedBy[]): string {
  return environments
    .map(
      ({ fromStep, ...environment }, i) =>
        (i === 0 ? "" : `from step ${fromStep + 1} `) + showEnvironment(environment),
    )
    .join(", ");
}
