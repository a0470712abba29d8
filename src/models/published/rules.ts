/**
 * How the tensors of a published file become ours: an ordered list of rules, the first that fits a name counts.
 * Every step can be undone, so the list that reads a file also writes one.
 */
import { assert } from "../../core/errors.ts";
import { type Shape, sameShape, sizeOf } from "../../core/shape.ts";

/** Numbers with their shape, row-major. */
export interface Values {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** What is done to the tensors on the way. Shapes that do not fit may come out wrong: whoever applies a step compares them. */
export interface Step {
  apply(published: readonly Values[]): readonly Values[];
  undo(ours: readonly Values[]): readonly Values[];
}

/** Names of one group of tensors on both sides; `*` stands for a whole number, the same ones in all names of a rule. */
export interface Rename {
  readonly from: readonly string[];
  readonly to: readonly string[];
  readonly step: Step;
}

/** Tensors of a published file that a model has no use for. */
export interface Drop {
  readonly drop: string;
  readonly because: string;
}

/** See the file's head. */
export type Rule = Rename | Drop;

const same: Step = { apply: (values) => values, undo: (values) => values };

/** One tensor under another name. */
export function rename(from: string, to: string, step: Step = same): Rename {
  return { from: [from], to: [to], step };
}

/** Weight and bias of one layer. */
export function renameLayer(from: string, to: string): Rename[] {
  return ["weight", "bias"].map((name) => rename(`${from}.${name}`, `${to}.${name}`));
}

/** Rows of one published tensor as several of ours, equally many each: query, key and value kept in one matrix. */
export function split(from: string, to: readonly string[]): Rename {
  return { from: [from], to, step: split_(to.length) };
}

/** Left out on reading, and not written; `because` completes "left out, because it ...". */
export function drop(pattern: string, because: string): Drop {
  return { drop: pattern, because };
}

/** The blocks of a stack from `asked` on, where the file has `depth`; `stack` is what their names have before the number. */
export function dropBlocks(stack: string, asked: number, depth: number): Drop[] {
  const surplus = Array.from({ length: Math.max(0, depth - asked) }, (_, i) => asked + i);
  return surplus.map((block) => drop(`${stack}.${block}.**`, "is beyond the depth asked for"));
}

/** One step after the other. */
export function chained(first: Step, second: Step): Step {
  return {
    apply: (published) => second.apply(first.apply(published)),
    undo: (ours) => first.undo(second.undo(ours)),
  };
}

/** The same rules with `published` in front of the names in files and `ours` in front of our own; either may be "". */
export function within(published: string, ours: string, rules: readonly Rule[]): Rule[] {
  const theirs = (name: string) => (published === "" ? name : `${published}.${name}`);
  const mine = (name: string) => (ours === "" ? name : `${ours}.${name}`);
  return rules.map((rule) =>
    "drop" in rule
      ? { ...rule, drop: theirs(rule.drop) }
      : { ...rule, from: rule.from.map(theirs), to: rule.to.map(mine) },
  );
}

/** Another shape for the same numbers in the same order: a convolution's [D,3,p,p] as the matrix [D,3pp]. */
export function reshaped(published: Shape, ours: Shape): Step {
  assert(sizeOf(published) === sizeOf(ours), `[${published}] and [${ours}] hold different numbers`);
  const as = (from: Shape, to: Shape) => (values: readonly Values[]) =>
    values.map(({ shape, data }) => ({ shape: sameShape(shape, from) ? to : shape, data }));
  return { apply: as(published, ours), undo: as(ours, published) };
}

/** Rows and columns of a matrix change places. */
export const transposed: Step = { apply: (values) => values.map(flip), undo: (values) => values.map(flip) };

function flip({ shape, data }: Values): Values {
  const [rows, columns] = shape as [number, number];
  const flipped = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      flipped[column * rows + row] = data[row * columns + column]!;
  }
  return { shape: [columns, rows], data: flipped };
}

function split_(parts: number): Step {
  return {
    apply: ([whole]) => {
      const { shape, data } = whole!;
      const rows = shape[0]! / parts;
      const size = data.length / parts;
      return Array.from({ length: parts }, (_, i) => ({
        shape: [rows, ...shape.slice(1)],
        data: data.slice(i * size, (i + 1) * size),
      }));
    },
    undo: (values) => {
      const rows = values.reduce((sum, { shape }) => sum + shape[0]!, 0);
      const data = new Float32Array(values.reduce((sum, value) => sum + value.data.length, 0));
      let at = 0;
      for (const value of values) {
        data.set(value.data, at);
        at += value.data.length;
      }
      return [{ shape: [rows, ...values[0]!.shape.slice(1)], data }];
    },
  };
}
