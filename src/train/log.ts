import { openJsonl, truncateJsonl } from "../files/jsonl.ts";
import { metricsPath, type RunFolder } from "../files/run-folder.ts";
import { openTensorboard } from "../files/tensorboard.ts";

/** Where the numbers of a run go: metrics.jsonl and TensorBoard's event file. */
export interface RunLog {
  /** One line: the step and its values by name. */
  record(step: number, values: Readonly<Record<string, number>>): void;
  close(): void;
}

/** Continues the log after `lastStep`: what a killed run wrote beyond it is taken back, for it will be written again. */
export async function openLog(run: RunFolder, lastStep: number): Promise<RunLog> {
  await truncateJsonl(metricsPath(run), lastStep);
  const lines = openJsonl(metricsPath(run));
  const events = openTensorboard(run.path, lastStep + 1);
  return {
    record: (step, values) => {
      lines.append({ step, ...values });
      events.scalars(step, values);
    },
    close: () => {
      lines.close();
      events.close();
    },
  };
}
