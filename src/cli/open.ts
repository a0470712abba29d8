import { fail } from "../core/errors.ts";
import { type OpenedRun, openRun, type Which } from "../eval/open-run.ts";
import { openRunFolder } from "../files/run-folder.ts";
import { runSchema } from "../recipes/schema.ts";
import { validate } from "../recipes/validate.ts";

/** The choices of --checkpoint. */
const choices: readonly Which[] = ["final", "best", "last"];

/** Opens a run for use; its stored configuration is checked like a user's. */
export async function openForUse(path: string, checkpoint: string): Promise<OpenedRun> {
  const which = choices.find((choice) => choice === checkpoint);
  if (which === undefined) fail("usage", "--checkpoint", { expected: choices.join(", "), got: checkpoint });
  const run = await openRunFolder(path);
  const { from: _, ...config } = run.config;
  return openRun(run, validate(runSchema, config, `${path}/config.json`), which);
}
