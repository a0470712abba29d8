/** What checkpoints of ViLT's descendants and of BEiT name alike, and tables for another size than the file's. */
import { sameShape } from "../../core/shape.ts";
import type { Grid } from "../../nn/grid-positions.ts";
import type { VitConfig } from "../encoders/vit.ts";
import { resizedDistances, resizedPositions } from "./resize-tables.ts";
import { drop, type Rule, rename, renameLayer, type Step, type Values } from "./rules.ts";
import { patchRules } from "./vit.ts";

/** Heads by the names that objectives give them here: mlm, itm, vqa, nlvr2, snli, rank. */
export const originalHeadRules: readonly Rule[] = [
  ...renameLayer("mlm_score.transform.dense", "mlm.transform"),
  ...renameLayer("mlm_score.transform.LayerNorm", "mlm.norm"),
  rename("mlm_score.decoder.weight", "mlm.decoder.weight"),
  rename("mlm_score.bias", "mlm.bias"),
  ...renameLayer("itm_score.fc", "itm.head"),
  ...["vqa", "nlvr2", "snli"].flatMap((task) => [
    ...renameLayer(`${task}_classifier.0`, `${task}.hidden`),
    ...renameLayer(`${task}_classifier.1`, `${task}.norm`),
    ...renameLayer(`${task}_classifier.3`, `${task}.classes`),
  ]),
  ...renameLayer("rank_output", "rank"),
];

/** The words' vectors, the kinds of tokens and the pooler. Positions beyond `textLength` are cut off; 0: words carry none. */
export function originalWordRules(textLength: number, pictures: number): Rule[] {
  const positions = "text_embeddings.position_embeddings.weight";
  return [
    rename("text_embeddings.word_embeddings.weight", "text.embedding.words"),
    textLength === 0
      ? drop(positions, "is not read: words have relative positions")
      : rename(positions, "text.embedding.positions", tableRows(textLength)),
    rename("text_embeddings.token_type_embeddings.weight", "text.embedding.segments"),
    ...renameLayer("text_embeddings.LayerNorm", "text.embedding.norm"),
    drop("text_embeddings.position_ids", "counts from 0"),
    rename("token_type_embeddings.weight", "kinds", tableRows(1 + pictures, "grow")),
    ...renameLayer("pooler.dense", "pooler.dense"),
  ];
}

/** Class token, patches and, where there are any, positions of a tower at the root, for any picture size in the file. */
export function originalPatchRules(c: VitConfig, grid: Grid): Rule[] {
  return [
    rename("cls_token", "class"),
    rename("pos_embed", "positions", squarePositions(grid)),
    ...patchRules("patch_embed.proj", c),
  ];
}

/** A table [1, 1 + side * side, D] as [1 + rows * columns, D] for `grid`; the first row stays. */
export function squarePositions(grid: Grid): Step {
  return {
    apply: (tables) =>
      tables.map((table) => {
        const [, count, width] = table.shape as [number, number, number];
        return resizeFrom({ ...table, shape: [count, width] }, Math.sqrt(count - 1), grid, (from) =>
          resizedPositions(1, from, grid, "bicubic"),
        );
      }),
    undo: (tables) => tables.map((table) => ({ ...table, shape: [1, ...table.shape] })),
  };
}

/** A table of distances [(2 side - 1)^2 + 3, H] for `grid`; the class token's rows stay. */
export function squareDistances(grid: Grid): Step {
  return {
    apply: (tables) =>
      tables.map((table) =>
        resizeFrom(table, (Math.sqrt(table.shape[0]! - 3) + 1) / 2, grid, (from) =>
          resizedDistances(3, from, grid),
        ),
      ),
    undo: (tables) => tables,
  };
}

/** A table for no square grid stays: whoever compares shapes reports it. */
function resizeFrom(table: Values, side: number, grid: Grid, step: (from: Grid) => Step): Values {
  const from = [side, side] as const;
  return !Number.isInteger(side) || sameShape(from, grid) ? table : step(from).apply([table])[0]!;
}

/**
 * The first rows of a table; of a shorter one all, its last row repeated where it should "grow", as the second picture's
 * row of `kinds` begins as the first one's in NLVR2.
 */
export function tableRows(count: number, shorter: "keep" | "grow" = "keep"): Step {
  return {
    apply: (tables) =>
      tables.map(({ shape, data }) => {
        const [found, width] = shape as [number, number];
        const rows = shorter === "grow" ? Math.max(count, found) : Math.min(count, found);
        const table = new Float32Array(rows * width);
        table.set(data.subarray(0, table.length));
        for (let row = found; row < rows; row++) table.set(data.subarray(-width), row * width);
        return { shape: [rows, width], data: table };
      }),
    undo: (tables) => tables,
  };
}
