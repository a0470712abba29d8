import { fail, type Shape, sameShape, showShape } from "../core/index.ts";

/** Lines printed of each list; the count of the others follows. */
const shown = 20;

/**
 * Strict loading: `found` (a checkpoint) must hold exactly the `expected` (a model's) names and shapes.
 * @throws BifocalError "checkpoint" that lists missing names, unexpected names and differing shapes.
 */
export function matchNames(
  expected: ReadonlyMap<string, Shape>,
  found: ReadonlyMap<string, Shape>,
  where: string,
): void {
  const missing = [...expected.keys()].filter((name) => !found.has(name));
  const unexpected = [...found.keys()].filter((name) => !expected.has(name));
  const differing = [...expected].flatMap(([name, shape]) => {
    const other = found.get(name);
    if (other === undefined || sameShape(shape, other)) return [];
    return [`${name}: expected ${showShape(shape)}, got ${showShape(other)}`];
  });
  const lists = [
    listed("missing", missing),
    listed("unexpected", unexpected),
    listed("of another shape", differing),
  ];
  const problems = lists.filter((text) => text !== "");
  if (problems.length === 0) return;
  fail("checkpoint", where, {
    expected: `the model's ${expected.size} tensors`,
    got: `${found.size} tensors\n${problems.join("\n")}\n`,
    todo: "load it into the model it was saved from",
  });
}

/** A title with the number of lines and the first of them; "" without any. */
export function listed(title: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  const rest = lines.length > shown ? [`... and ${lines.length - shown} more`] : [];
  return [`${title} (${lines.length}):`, ...lines.slice(0, shown), ...rest].join("\n  ");
}
