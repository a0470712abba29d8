/** What a loss says about the rows of the whole batch where the graph has those of one rank. Identities elsewhere. */
import { apply, type Tensor } from "./tensor.ts";
import { currentShare, type Exchange, type Share } from "./trace.ts";

/** Rows [b, ...] of this rank to those of all ranks [ranks * b, ...], in order of ranks; gradients flow back to every rank. */
export function gathered(rows: Tensor): Tensor {
  const share = currentShare();
  if (share === undefined) return rows;
  const exchange = exchangeOf(share, rows);
  const [own = 1, ...rest] = rows.shape;
  exchange.whole ??= apply("input", {
    name: wholeName(share.exchanges.indexOf(exchange)),
    type: { dtype: rows.dtype, shape: [share.ranks * own, ...rest] },
  });
  return exchange.whole;
}

/**
 * The same rows, computed before the rest of the graph: what is gathered has been computed there already, and reading it
 * back saves computing it twice.
 */
export function held(rows: Tensor): Tensor {
  const share = currentShare();
  if (share === undefined) return rows;
  const exchange = exchangeOf(share, rows);
  exchange.held ??= apply("input", {
    name: heldName(share.exchanges.indexOf(exchange)),
    type: { dtype: rows.dtype, shape: rows.shape },
  });
  return exchange.held;
}

/** Of rows of the whole batch those of this rank. */
export function ownRows(rows: Tensor): Tensor {
  const share = currentShare();
  if (share === undefined) return rows;
  const own = rows.shape[0]! / share.ranks;
  return rows.slice(0, share.rank * own, (share.rank + 1) * own);
}

/** Number of the first of `own` rows in the whole batch. */
export function firstRow(own: number): number {
  return (currentShare()?.rank ?? 0) * own;
}

/** Rows of the whole batch, of which this rank has `own`. */
export function allRows(own: number): number {
  return (currentShare()?.ranks ?? 1) * own;
}

/** Mean over the ranks of f32[]. */
export function meanOverRanks(value: Tensor): Tensor {
  return currentShare() === undefined ? value : gathered(value.reshape([1])).mean(0);
}

/** The input that stands for the rows of all ranks of an exchange. */
export const wholeName = (exchange: number): string => `whole:${exchange}`;

/** The input that stands for the rows of this rank. */
export const heldName = (exchange: number): string => `held:${exchange}`;

function exchangeOf({ exchanges }: Share, rows: Tensor): Exchange {
  const known = exchanges.find(({ own, held }) => isSame(own, rows) || (held && isSame(held, rows)));
  if (known !== undefined) return known;
  const exchange: Exchange = { own: rows };
  exchanges.push(exchange);
  return exchange;
}

function isSame(a: Tensor, b: Tensor): boolean {
  return a.node === b.node && a.index === b.index;
}
