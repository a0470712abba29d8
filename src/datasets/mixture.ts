/** Several data sets as one: examples take turns in its numbering, and training draws from them as its `order` says. */
import { fail } from "../core/errors.ts";
import { foldKey, permuted, rng } from "../core/rng.ts";
import type { FormName, Forms, PictureDataset } from "./contracts.ts";

/** How training batches are drawn from several sources; each source gives its examples in seeded passes of its own. */
export interface MixtureOrder {
  /**
   * "ratio": every example from a source drawn by `ratios`; "round-robin": example after example in turn;
   * "alternating": batch after batch in turn.
   */
  readonly order: "ratio" | "round-robin" | "alternating";
  /** Shares of the sources, not negative, need not add up to 1; "ratio" alone reads them. */
  readonly ratios: readonly number[];
}

/** Any form's function: those that take no `n` ignore it. */
type FormReader = (split: string, index: number, n: number) => Promise<unknown>;

/**
 * The examples of all sources, in the forms that all have; answers are those of all. A split is present where any source
 * has it.
 *
 * Under "ratio" a source's pass is over when as many examples were drawn from all sources together as it has, so that a
 * batch depends on its step alone; within a pass none comes twice.
 */
export function mixture(sources: readonly PictureDataset[], { order, ratios }: MixtureOrder): PictureDataset {
  const sizesOf = (split: string) => sources.map(({ splits }) => splits[split] ?? 0);
  const splits = [...new Set(sources.flatMap((source) => Object.keys(source.splits)))];
  const total = ratios.reduce((sum, ratio) => sum + ratio, 0);

  /** Source of a place in the sequence of all examples drawn, and how many examples it was asked for before. */
  const turn = (step: number, i: number, batch: number, seed: number): [source: number, asked: number] => {
    const n = sources.length;
    const place = step * batch + i;
    if (order === "alternating") return [step % n, Math.floor(step / n) * batch + i];
    if (order === "round-robin") return [place % n, Math.floor(place / n)];
    let left = rng(seed, "source", place).uniform() * total;
    const source = ratios.findIndex((ratio) => {
      left -= ratio;
      return left < 0;
    });
    return [source === -1 ? ratios.findLastIndex((ratio) => ratio > 0) : source, place];
  };

  /** A form of all sources; undefined where one of them lacks it. */
  const together = (form: FormName): FormReader | undefined => {
    const readers: readonly (FormReader | undefined)[] = sources.map(({ forms }) => forms[form]);
    if (readers.includes(undefined)) return undefined;
    return async (split, index, n) => {
      const [source, local] = placeOf(sizesOf(split), index);
      return readers[source]!(split, local, n);
    };
  };
  const names = [...new Set(sources.flatMap(({ forms }) => Object.keys(forms)))] as FormName[];
  const limits = sources.flatMap(({ questionsPerImage }) => questionsPerImage ?? []);

  return {
    name: `a mixture of ${sources.map(({ name }) => name).join(", ")}`,
    answers: [...new Set(sources.flatMap(({ answers }) => answers))],
    splits: Object.fromEntries(
      splits.map((split) => [split, sizesOf(split).reduce((sum, size) => sum + size, 0)]),
    ),
    longTexts: sources.every(({ longTexts }) => longTexts === "error") ? "error" : "truncate",
    forms: Object.fromEntries(
      names.flatMap((form) => {
        const reader = together(form);
        return reader === undefined ? [] : [[form, reader]];
      }),
    ) as Partial<Forms>,
    ...(limits.length > 0 && { questionsPerImage: Math.min(...limits) }),
    draw: (split, step, batch, seed) => {
      const sizes = sizesOf(split);
      return Array.from({ length: batch }, (_, i) => {
        const [source, asked] = turn(step, i, batch, seed);
        const size = sizes[source]!;
        if (size === 0) {
          fail("data", `source ${source} of the mixture, split ${split}`, {
            expected: "at least one example",
            got: "an empty or absent split",
            todo: "leave the source out",
          });
        }
        const pass = Math.floor(asked / size);
        const local = permuted(asked % size, size, foldKey(seed, "order", source, pass));
        return indexOf(sizes, source, local);
      });
    },
  };
}

/** Stretches in which the same sources take turns: until the shortest left is used up, and so on. */
function* stretches(sizes: readonly number[]) {
  let [first, base] = [0, 0];
  for (;;) {
    const taking = sizes.flatMap((size, source) => (size > base ? source : []));
    if (taking.length === 0) return;
    const end = Math.min(...taking.map((source) => sizes[source]!));
    yield { first, base, end, taking };
    first += (end - base) * taking.length;
    base = end;
  }
}

/** Source and index in it of an example of the mixture. @throws RangeError behind the last one. */
export function placeOf(sizes: readonly number[], index: number): [source: number, local: number] {
  for (const { first, base, end, taking } of stretches(sizes)) {
    const within = index - first;
    if (within < (end - base) * taking.length) {
      return [taking[within % taking.length]!, base + Math.floor(within / taking.length)];
    }
  }
  throw new RangeError(`example ${index} of ${sizes.join(" + ")}`);
}

/** The inverse of `placeOf`. @throws RangeError behind a source's last example. */
export function indexOf(sizes: readonly number[], source: number, local: number): number {
  for (const { first, base, end, taking } of stretches(sizes)) {
    if (local < end && taking.includes(source))
      return first + (local - base) * taking.length + taking.indexOf(source);
  }
  throw new RangeError(`example ${local} of source ${source} of ${sizes.join(" + ")}`);
}
