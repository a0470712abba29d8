/** VLMo as its authors store it: `vlmo_*.pt` of github.com/microsoft/unilm, vlmo; no other files of VLMo are public. */
import { originalAttentionRules, originalFeedRules } from "./encoders/beit.original.ts";
import { gridOf } from "./encoders/vit.ts";
import {
  originalHeadRules,
  originalPatchRules,
  originalWordRules,
  squareDistances,
} from "./published/original-rules.ts";
import {
  drop,
  type Rename,
  type Rule,
  rename,
  renameLayer,
  reshaped,
  type Step,
  type Values,
  within,
} from "./published/rules.ts";
import type { VlmoConfig } from "./vlmo.ts";

/**
 * From the names of the state dict to the parameters of `vlmo`, and from its heads to ours beside it: those of
 * `originalHeadRules`, itc, and jointItc for what the joint experts say. A file for another picture size is resized as
 * the original code does it.
 */
export function originalVlmoRules(c: VlmoConfig): Rule[] {
  const relative = c.image.relativePositions === "each";
  const experts = [
    ["image", "imag"],
    ["text", "text"],
    ["joint", "vl"],
  ] as const;
  return [
    ...originalWordRules(relative ? 0 : c.text.textLength, c.pictures ?? 1),
    ...within("transformer", "image", [
      ...originalPatchRules(c.image, gridOf(c.image)),
      ...originalAttentionRules("blocks.*", "blocks.*"),
      ...renameLayer("norm", "norm"),
    ]),
    ...experts.flatMap(([ours, theirs]) =>
      within(
        "transformer",
        ours,
        originalFeedRules("blocks.*", "blocks.*", { norm: `norm2_${theirs}`, mlp: `mlp_${theirs}` }),
      ),
    ),
    ...(relative ? [relativeRule(c)] : []),
    drop("relative_position_index", "follows from the sizes"),
    drop("text_relative_position_index", "follows from the sizes"),
    drop("text_imag_relative_position_index", "follows from the sizes"),
    ...originalHeadRules,
    ...contrastRules("itc", "itc", "logit_scale"),
    ...contrastRules("itc_vl", "jointItc", "logit_vl_scale"),
  ];
}

function contrastRules(from: string, to: string, scale: string): Rule[] {
  return [
    rename(`${from}_text_proj.fc.weight`, `${to}.text.weight`),
    rename(`${from}_image_proj.fc.weight`, `${to}.image.weight`),
    rename(scale, `${to}.logScale`, reshaped([], [1])),
  ];
}

/**
 * One table for all blocks: rows for the patches' distances, then from words to patches and back, then for the words'
 * distances; columns for the heads of the first block, of the second ...
 */
function relativeRule({ image, text }: VlmoConfig): Rename {
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
