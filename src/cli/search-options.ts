import { fail } from "../core/errors.ts";
import type { SearchOptions } from "../eval/beam-search.ts";
import { countOption } from "./verb.ts";

/** What --beams and --length-penalty ask for. @throws BifocalError when one of them is out of range. */
export function searchOptions(flags: {
  readonly beams: string;
  readonly lengthPenalty: string;
}): SearchOptions {
  const lengthPenalty = Number(flags.lengthPenalty);
  if (!(lengthPenalty >= 0)) {
    fail("usage", "--length-penalty", { expected: "a number from 0", got: flags.lengthPenalty });
  }
  return { beams: countOption("--beams", flags.beams), lengthPenalty };
}
