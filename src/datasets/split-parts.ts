import { fail } from "../core/index.ts";

/** Parts of a data set's splits, written as Python slices: "train", "val[:-5000]", "val[-5000:]". */

/** Examples `first` to before `end` of what is called `name`; negative numbers count from the end. */
export interface SplitPart {
  readonly name: string;
  readonly first?: number;
  readonly end?: number;
}

/** Reads a part as a recipe writes it. @throws BifocalError "config" for another form. */
export function splitPart(text: string): SplitPart {
  const found = /^([^[\]]+)(?:\[(-?\d+)?:(-?\d+)?\])?$/.exec(text);
  if (found === null) {
    fail("config", `data.splits ${text}`, {
      expected: "a split's name, or a part of it as train[:-500] or train[-500:]",
      got: text,
    });
  }
  const [, name = "", first, end] = found;
  return {
    name,
    ...(first !== undefined && { first: Number(first) }),
    ...(end !== undefined && { end: Number(end) }),
  };
}

/** First example and the one behind the last, of a split of `size`. */
export function rangeOf({ first = 0, end = Number.POSITIVE_INFINITY }: SplitPart, size: number) {
  const within = (place: number) => Math.min(size, Math.max(0, place < 0 ? size + place : place));
  return { first: within(first), end: Math.max(within(first), within(end)) };
}

/** What a data set's own splits are called where a recipe says train, val and test. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  train: ["all"],
  val: ["valid", "dev", "dev_seen", "dev_matched"],
  test: ["test1", "testA", "test_seen", "testdev", "test_matched"],
};

/**
 * The parts of every split a run can name: its own splits, "val" and "test" for those called otherwise, and what the
 * recipe says, which stands before both.
 */
export function partsByRole(
  own: readonly string[],
  given: Readonly<Record<string, string | readonly string[]>> = {},
): Readonly<Record<string, readonly SplitPart[]>> {
  const aliases = Object.entries(otherNames).flatMap(([role, names]) => {
    const found = names.find((name) => own.includes(name));
    return found === undefined ? [] : [[role, found] as const];
  });
  const named = { ...Object.fromEntries(aliases), ...Object.fromEntries(own.map((name) => [name, name])) };
  return Object.fromEntries(
    Object.entries({ ...named, ...given }).map(([role, texts]) => [
      role,
      (typeof texts === "string" ? [texts] : texts).map(splitPart),
    ]),
  );
}
