import { assert } from "../../core/index.ts";
import { html, type Markup } from "./html.ts";
import { percent, showNumber } from "./numbers.ts";

/** A proportion, shown in percent with a bar. */
export interface Score {
  /** In [0, 1]. */
  readonly fraction: number;
  /** 95% interval, drawn as a whisker. */
  readonly interval?: readonly [low: number, high: number];
  /** What must be beaten, drawn as a dashed tick across the bar. */
  readonly baseline?: number;
}

/** Rows of text, numbers and scores. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | Score)[])[];
  /** Index of the row that matters most. */
  readonly highlight?: number;
  readonly note?: string;
}

/** Numbers stand on the right, text and scores on the left. */
export function table({ columns, rows, highlight, note }: Table): Markup {
  assert(
    rows.every((row) => row.length === columns.length),
    "a table row does not fit its columns",
  );
  const sides = columns.map((_, column) =>
    rows.length > 0 && rows.every((row) => typeof row[column] === "number") ? "number" : "text",
  );
  return html`<div class="scroll" role="region" aria-label="${columns.join(", ")}" tabindex="0"><table>
<thead><tr>${columns.map((name, column) => html`<th scope="col" class="${sides[column]!}">${name}</th>`)}</tr></thead>
<tbody>${rows.map(
    (
      row,
      i,
    ) => html`<tr${i === highlight ? html` class="highlight"` : []}>${row.map((value, column) => html`<td class="${sides[column]!}">${cell(value)}</td>`)}</tr>
`,
  )}</tbody>
</table></div>${note === undefined ? [] : html`<p class="note">${note}</p>`}`;
}

function cell(value: string | number | Score): Markup {
  if (typeof value === "string") return html`${value}`;
  if (typeof value === "number") return html`${showNumber(value)}`;
  const { fraction, interval } = value;
  const range =
    interval === undefined
      ? []
      : html` <span class="interval">${percent(interval[0]).replace("%", "")}–${percent(interval[1])}</span>`;
  return html`<span class="score">${percent(fraction)}${range}</span>${bar(value)}`;
}

/** Full width is 100%. The numbers above it say the same, so screen readers skip it. */
function bar({ fraction, interval, baseline }: Score): Markup {
  const whisker =
    interval === undefined
      ? []
      : html`<line class="whisker" x1="${percent(interval[0])}" x2="${percent(interval[1])}" y1="7" y2="7"/>`;
  const tick =
    baseline === undefined
      ? []
      : html`<line class="baseline" x1="${percent(baseline)}" x2="${percent(baseline)}" y1="0" y2="14"><title>baseline ${percent(baseline)}</title></line>`;
  return html`<svg class="bar" height="14" aria-hidden="true"><rect class="track" y="3" width="100%" height="8" rx="2"/><rect class="fill" y="3" width="${percent(fraction)}" height="8" rx="2"/>${whisker}${tick}</svg>`;
}
