import { html, type Markup } from "./html.ts";
import { showNumber } from "./numbers.ts";
import { picture } from "./picture.ts";

/** A query with what the model ranked highest; pictures are PNG bytes. */
export interface Retrieval {
  readonly query: string | Uint8Array;
  /** Best first. */
  readonly results: readonly {
    readonly item: string | Uint8Array;
    readonly score: number;
    readonly correct: boolean;
  }[];
}

/** Longest side of a picture in CSS pixels. */
const side = 128;

/** One row per query, its results in order. */
export function retrieval(queries: readonly Retrieval[]): Markup {
  return html`<div class="queries">${queries.map(({ query, results }, i) => {
    const name = typeof query === "string" ? `“${query}”` : `query ${i + 1}`;
    return html`<article class="query"><div class="asked">${shown(query, `Query ${i + 1}`)}</div>
<ol>${results.map(({ item, score, correct }, rank) => html`<li class="${correct ? "right" : "other"}">${shown(item, `Result ${rank + 1} for ${name}`)}<p>${rank + 1}. <span class="number">${showNumber(score)}</span>${correct ? html` <span class="mark right">✓ match</span>` : []}</p></li>`)}</ol></article>`;
  })}</div>`;
}

function shown(item: string | Uint8Array, alt: string): Markup {
  return typeof item === "string" ? html`<p class="text">${item}</p>` : picture(item, alt, side).image;
}
