import { html, type Markup } from "./html.ts";
import { percent } from "./numbers.ts";

/** A line of a list of guesses with its probability in [0, 1], as a bar and in figures. */
export function guessLine(guess: string | Markup, probability: number): Markup {
  const share = percent(probability);
  return html`<li><span>${guess}</span><svg class="bar" height="8" aria-hidden="true"><rect class="track" width="100%" height="8" rx="2"/><rect class="fill" width="${share}" height="8" rx="2"/></svg><span class="number">${share}</span></li>`;
}
