import type { Shape } from "../core/shape.ts";
import { tableRows } from "../models/published/original-rules.ts";
import { resizedDistances, resizedPositions } from "../models/published/resize-tables.ts";
import type { Step } from "../models/published/rules.ts";
import type { Grid } from "../nn/grid-positions.ts";
import type { Parameter, TableRows } from "../nn/scope.ts";

/**
 * How a position table of shape `stored`, trained on square pictures of another size, becomes this parameter, or a table
 * of kinds, trained with one picture a text, that of two: the second starts as the first, as in ViLT's code (Kim et al.
 * 2021, arXiv:2102.03334). Undefined where it is no such table.
 */
export function fitTable(
  { rows, shape }: Pick<Parameter, "rows" | "shape">,
  stored: Shape,
): Step | undefined {
  if (rows === undefined || stored.length !== 2 || stored[1] !== shape[1] || stored[0] === shape[0])
    return undefined;
  if (rows.of === "kinds") return stored[0]! < shape[0]! ? tableRows(shape[0]!, "grow") : undefined;
  const from = gridOf(rows, stored[0]!);
  const to = gridOf(rows, shape[0]!);
  if (from === undefined || to === undefined) return undefined;
  return rows.of === "places"
    ? resizedPositions(rows.others, from, to, rows.interpolation)
    : resizedDistances(rows.others, from, to);
}

/** The square grid whose places or distances are so many rows, the others not counted. */
function gridOf(
  { of, others }: Exclude<TableRows, { readonly of: "kinds" }>,
  rows: number,
): Grid | undefined {
  const root = Math.sqrt(rows - others);
  const side = of === "places" ? root : (root + 1) / 2;
  return Number.isInteger(side) && side > 0 ? [side, side] : undefined;
}
