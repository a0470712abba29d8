import { type Attention, attentionWords } from "./attention.ts";
import { guessLine } from "./guess.ts";
import { html, type Markup } from "./html.ts";
import { picture } from "./picture.ts";

/** A question about a picture with the model's answer. */
export interface Example {
  /** PNG. */
  readonly image: Uint8Array;
  readonly caption?: string;
  readonly question: string;
  readonly answer: string;
  readonly truth: string;
  readonly correct: boolean;
  /** Most probable answers, best first; probabilities in [0, 1]. */
  readonly top: readonly { readonly answer: string; readonly probability: number }[];
  readonly attention?: Attention;
}

/** Longest side of a picture in CSS pixels. */
const side = 208;

/** Cards, two or three to a row. @param id unique on the page */
export function examples(list: readonly Example[], id: string): Markup {
  return html`<div class="examples">${list.map((example, i) => card(example, `${id}-${i + 1}`))}</div>`;
}

function card(example: Example, id: string): Markup {
  const { caption, question, attention } = example;
  const { image, width, height } = picture(example.image, caption ?? `Picture for “${question}”`, side);
  const asked =
    attention === undefined
      ? html`<p class="question">${question}</p>`
      : attentionWords(attention, id, `${question} Choose a word to see where it looked.`);
  return html`<article class="example" style="--width:${width}px;--height:${height}px">
${image}
<div>${asked}${verdict(example)}<ol class="top">${example.top.map((guess) => guessed(guess, example.truth))}</ol>${caption === undefined ? [] : html`<p class="note">${caption}</p>`}</div>
</article>`;
}

function verdict({ answer, truth, correct }: Example): Markup {
  return correct
    ? html`<p class="verdict"><span class="mark right">✓ correct</span> <b>${answer}</b></p>`
    : html`<p class="verdict"><span class="mark wrong">✗ wrong</span> <b>${answer}</b>, truth <b>${truth}</b></p>`;
}

function guessed({ answer, probability }: Example["top"][number], truth: string): Markup {
  const tick = answer === truth ? html` <span class="tick" title="the truth">✓</span>` : [];
  return guessLine(html`${answer}${tick}`, probability);
}
