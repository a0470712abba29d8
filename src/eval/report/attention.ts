import { assert, fail } from "../../core/index.ts";
import { encodePng } from "../../files/png.ts";
import { html, type Markup } from "./html.ts";
import { percent } from "./numbers.ts";
import { dataUrl } from "./picture.ts";

/** Where the words of a text looked in a picture, or where they were laid. */
export interface Attention {
  /** As the page shows them, in order. */
  readonly words: readonly string[];
  /** Image patches, row by row from the top left. */
  readonly grid: { readonly rows: number; readonly columns: number };
  /** For every word one weight per patch, f32[words, rows x columns], not negative. */
  readonly weights: readonly ArrayLike<number>[];
}

/** The grid of a square picture's patches. */
export function squareGrid(patches: number): Attention["grid"] {
  const side = Math.sqrt(patches);
  return { rows: side, columns: side };
}

/**
 * The words as radio buttons; each brings its own map, which style.ts lays over the picture while the word is
 * pointed at or chosen. No script: it works with the keyboard, on paper and under a strict content policy.
 * @param name unique on the page
 */
export function attentionWords(attention: Attention, name: string, legend: string): Markup {
  const { words, grid, weights } = attention;
  assert(words.length === weights.length, "attention has not one row of weights per word");
  const choices = words.map((word, i) => {
    const row = weights[i]!;
    assert(row.length === grid.rows * grid.columns, "attention weights do not fill the grid");
    const most = Math.max(...Array.from(row));
    if (!(most > 0 && most < Number.POSITIVE_INFINITY)) {
      fail("numeric", `attention of "${word}"`, { expected: "a positive weight", got: `${most} at most` });
    }
    const map = heatMap(row, most, grid);
    const peak = strongest(row, most, grid);
    const joined = /^\p{P}+$/u.test(word) ? "word joined" : "word";
    return html`<label class="${joined}" title="${peak}"><input type="radio" name="${name}"><span>${word}</span><img class="heat" src="${map}" alt="${word}: ${peak}"></label>`;
  });
  return html`<fieldset class="words"><legend>${legend}</legend>${choices}<label class="word none"><input type="radio" name="${name}" checked><span>picture only</span></label></fieldset>`;
}

/** Indigo, so that the veil shows on black pictures too; straight alpha up to 0.8. */
const veil = [34, 28, 84, 204] as const;

/** A veil over what the word did not look at, clear at its strongest patch. */
function heatMap(weights: ArrayLike<number>, most: number, { rows, columns }: Attention["grid"]): string {
  const [red, green, blue, alpha] = veil;
  const pixels = Array.from(weights).flatMap((weight) => [
    red,
    green,
    blue,
    Math.round(alpha * (1 - weight / most)),
  ]);
  return dataUrl(encodePng(Uint8Array.from(pixels), { width: columns, height: rows }, 4));
}

function strongest(weights: ArrayLike<number>, most: number, { columns }: Attention["grid"]): string {
  const values = Array.from(weights);
  const total = values.reduce((sum, weight) => sum + weight, 0);
  const at = values.indexOf(most);
  const patch = `row ${Math.floor(at / columns) + 1}, column ${(at % columns) + 1}`;
  return `strongest at ${patch}, with ${percent(most / total)} of its weight on the picture`;
}
