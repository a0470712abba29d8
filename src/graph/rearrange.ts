import { fail } from "../core/errors.ts";
import { showShape } from "../core/shape.ts";
import type { Tensor } from "./tensor.ts";
import { currentPath } from "./trace.ts";

/**
 * Checks shapes against size letters and returns the sizes: `dims([words, "B T D"], [keep, "B T"])`.
 * A number in a pattern must be met exactly. Free after tracing, so shape documentation is checked documentation.
 *
 * @throws BifocalError naming the module, the pattern, the letter and both sizes.
 */
export function dims<const P extends string>(
  ...checks: readonly (readonly [Tensor, P])[]
): Record<Letter<P>, number> {
  const sizes: Record<string, number> = {};
  for (const [tensor, pattern] of checks) {
    const letters = pattern.split(" ").filter((letter) => letter !== "");
    const where = `"${pattern}" at ${currentPath()}`;
    if (letters.length !== tensor.rank) {
      fail("shape", where, { expected: `${letters.length} axes`, got: showShape(tensor.shape) });
    }
    letters.forEach((letter, axis) => {
      const got = tensor.shape[axis]!;
      const expected = /^\d+$/.test(letter) ? Number(letter) : (sizes[letter] ?? got);
      if (got !== expected)
        fail("shape", where, { expected: `${letter} = ${expected}`, got: showShape(tensor.shape) });
      sizes[letter] = got;
    });
  }
  return sizes as Record<Letter<P>, number>;
}

type Letter<P extends string> = P extends `${infer Head} ${infer Rest}` ? Letter<Head> | Letter<Rest> : P;

/**
 * Reshape, transpose and reshape in one readable pattern: `rearrange(x, "B N (H K) -> B H N K", { H: 12 })`.
 * Letters in brackets share an axis; of each bracket on the left at most one size may be missing from `sizes`.
 *
 * @throws BifocalError when the pattern and the shape disagree.
 */
export function rearrange(x: Tensor, pattern: string, sizes: Readonly<Record<string, number>> = {}): Tensor {
  const where = `"${pattern}" at ${currentPath()}`;
  const [left, right] = pattern.split("->").map(parse) as [string[][], string[][]];
  if (right === undefined || left.length !== x.rank) {
    fail("shape", where, { expected: `${left.length} axes and an arrow`, got: showShape(x.shape) });
  }
  const known: Record<string, number> = { ...sizes };
  left.forEach((group, axis) => {
    const missing = group.filter((letter) => known[letter] === undefined);
    const product = group.reduce((total, letter) => total * (known[letter] ?? 1), 1);
    const rest = x.shape[axis]! / product;
    if (missing.length > 1 || !Number.isInteger(rest) || (missing.length === 0 && rest !== 1)) {
      fail("shape", where, {
        expected: `axis ${axis} to split into (${group.join(" ")})`,
        got: showShape(x.shape),
      });
    }
    if (missing.length === 1) known[missing[0]!] = rest;
  });
  const from = left.flat();
  const to = right.flat();
  if ([...from].sort().join() !== [...to].sort().join())
    fail("shape", where, { expected: "the same letters on both sides" });
  return x
    .reshape(from.map((letter) => known[letter]!))
    .transpose(to.map((letter) => from.indexOf(letter)))
    .reshape(right.map((group) => group.reduce((total, letter) => total * known[letter]!, 1)));
}

/** "B (H K)" to [["B"], ["H", "K"]]; "1" stands for an axis of size 1. */
function parse(side: string): string[][] {
  return [...side.matchAll(/\(([^)]*)\)|(\S+)/g)].map((match) =>
    (match[1] ?? match[2]!).split(" ").filter((letter) => letter !== ""),
  );
}
