import { constants } from "node:os";

/** A request to stop, and which signal it was. */
export interface StopSignals {
  /** Aborted by the first SIGINT, SIGTERM or SIGUSR2. */
  readonly signal: AbortSignal;
  received(): { readonly exitCode: number } | undefined;
}

/** npm passes a terminal's signal on to a process that has it from the terminal already. */
const sameMilliseconds = 1000;

/** From now on a first SIGINT, SIGTERM or SIGUSR2, which mpirun and Slurm pass on, asks the work to stop in order; a second one ends the process at once. */
export function stopSignals(): StopSignals {
  const controller = new AbortController();
  let first: { readonly at: number; readonly exitCode: number } | undefined;
  for (const name of ["SIGINT", "SIGTERM", "SIGUSR2"] as const) {
    process.on(name, () => {
      const exitCode = 128 + constants.signals[name];
      if (first === undefined) {
        first = { at: performance.now(), exitCode };
        process.stderr.write("\nstopping after the step under way; once more to stop at once\n");
        controller.abort();
      } else if (performance.now() - first.at > sameMilliseconds) {
        // An orderly exit would wait for the step that runs in native code.
        process.removeAllListeners(name);
        process.kill(process.pid, name);
      }
    });
  }
  return { signal: controller.signal, received: () => first };
}
