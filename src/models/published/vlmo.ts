/** VLMo's relative positions as its checkpoints have them: one table for all blocks. */
import { gridOf } from "../encoders/vit.ts";
import type { VlmoConfig } from "../vlmo.ts";
import { squareDistances } from "./original-rules.ts";
import type { Rename, Step, Values } from "./rules.ts";

/**
 * Rows are for the patches' distances, then from words to patches and back, then for the words'
 * distances; columns for the heads of the first block, of the second ...
 */
export function relativeRule({ image, text }: VlmoConfig): Rename {
  const tables = ["image.blocks.*.relative.table", "joint.blocks.*.between", "text.blocks.*.relative.table"];
  const blocks = Array.from({ length: image.depth }, (_, i) => String(i));
  const to = blocks.flatMap((i) => tables.map((name) => name.replace("*", i)));
  const { apply: fit } = squareDistances(gridOf(image));
  const step: Step = {
    apply: ([whole]) => {
      const count = whole!.shape[0]!;
      const words = 2 * text.textLength;
      const between = count - words - 2;
      return blocks.flatMap((_, block) => {
        const cut = (from: number, to: number) => part(whole!, [from, to], block * image.heads, image.heads);
        return [...fit([cut(0, between)]), cut(between, between + 2), cut(between + 2, count)];
      });
    },
    undo: (values) => [joined(values, tables.length, image.heads)],
  };
  return { from: ["relative_position_bias_table"], to, step };
}

/** Rows `from` to `to` of a matrix and `count` columns from `first` on. */
function part(
  { shape, data }: Values,
  [from, to]: readonly [number, number],
  first: number,
  count: number,
): Values {
  const columns = shape[1]!;
  const rows = Array.from({ length: Math.max(0, to - from) }, (_, i) => (from + i) * columns + first);
  const cut = new Float32Array(rows.length * count);
  for (const [i, start] of rows.entries()) cut.set(data.subarray(start, start + count), i * count);
  return { shape: [rows.length, count], data: cut };
}

/** Matrices of `width` columns: `high` of them one under the other, and such columns beside each other. */
function joined(values: readonly Values[], high: number, width: number): Values {
  const rows = values.slice(0, high).reduce((sum, { shape }) => sum + shape[0]!, 0);
  const columns = (values.length / high) * width;
  const data = new Float32Array(rows * columns);
  let row = 0;
  for (const [i, table] of values.entries()) {
    if (i % high === 0) row = 0;
    const first = Math.floor(i / high) * width;
    for (let at = 0; at < table.shape[0]!; at++, row++) {
      data.set(table.data.subarray(at * width, (at + 1) * width), row * columns + first);
    }
  }
  return { shape: [rows, columns], data };
}
