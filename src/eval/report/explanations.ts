import { type Attention, attentionWords } from "./attention.ts";
import { guessLine } from "./guess.ts";
import { html, type Markup } from "./html.ts";
import { picture } from "./picture.ts";

/** A picture and a text, whose words show where they belong. */
export interface ExplainedText {
  /** PNG. */
  readonly image: Uint8Array;
  /** As it was given. */
  readonly text: string;
  /** What the run said of the whole, in lines. */
  readonly said: readonly string[];
  /** Guesses for each masked word in order, likeliest first; probabilities in [0, 1]. */
  readonly masks: readonly {
    readonly guesses: readonly { readonly word: string; readonly probability: number }[];
  }[];
  readonly places: Attention;
}

/** Longest side of a picture in CSS pixels. */
const side = 320;

/** One card below the other. @param id unique on the page */
export function explanations(list: readonly ExplainedText[], id: string): Markup {
  return html`<div class="explanations">${list.map((one, i) => card(one, `${id}-${i + 1}`))}</div>`;
}

function card({ image, text, said, masks, places }: ExplainedText, id: string): Markup {
  const shown = picture(image, `Picture for “${text}”`, side);
  const words = attentionWords(places, id, `${text} Choose a word to see where it belongs.`);
  return html`<article class="example" style="--width:${shown.width}px;--height:${shown.height}px">
${shown.image}
<div>${words}${masks.map(({ guesses }, i) => html`<p class="note">mask ${i + 1}</p><ol class="top">${guesses.map(({ word, probability }) => guessLine(word, probability))}</ol>`)}${said.map((line) => html`<p class="note">${line}</p>`)}</div>
</article>`;
}
