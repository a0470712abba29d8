import { type Chart, curves } from "./curves.ts";
import { type Example, examples } from "./examples.ts";
import { type ExplainedText, explanations } from "./explanations.ts";
import { html, type Markup } from "./html.ts";
import { page } from "./page.ts";
import { type Retrieval, retrieval } from "./retrieval.ts";
import { type Sample, samples } from "./samples.ts";
import { type Table, table } from "./table.ts";

/** What a run or a demonstration has to show. */
export interface Report {
  readonly title: string;
  readonly subtitle: string;
  /** Machine, seconds, parameters, seed and the like. */
  readonly facts: readonly Fact[];
  readonly sections: readonly Section[];
}

/** One number or name that describes the run. */
export interface Fact {
  readonly label: string;
  readonly value: string | number;
}

/** A heading, a paragraph and what it is about. */
export interface Section {
  readonly heading: string;
  readonly text?: string;
  readonly body: Body;
}

/** The kinds of content. */
export type Body =
  | { readonly kind: "curves"; readonly charts: readonly Chart[] }
  | ({ readonly kind: "table" } & Table)
  | { readonly kind: "examples"; readonly examples: readonly Example[] }
  | { readonly kind: "retrieval"; readonly queries: readonly Retrieval[] }
  | { readonly kind: "explanations"; readonly texts: readonly ExplainedText[] }
  | { readonly kind: "samples"; readonly samples: readonly Sample[] }
  | { readonly kind: "preformatted"; readonly text: string };

/**
 * One HTML file that needs no network, no other file and no script. The same report gives the same bytes.
 * @throws BifocalError when a picture is no PNG.
 */
export function renderReport({ title, subtitle, facts, sections }: Report): string {
  const rendered = sections.map(({ heading, text, body }, i) => {
    const id = `section-${i + 1}`;
    return {
      id,
      heading,
      content: html`${text === undefined ? [] : html`<p>${text}</p>`}${render(body, id)}`,
    };
  });
  return page({ title, subtitle, facts, sections: rendered });
}

function render(body: Body, id: string): Markup {
  switch (body.kind) {
    case "curves":
      return curves(body.charts);
    case "table":
      return table(body);
    case "examples":
      return examples(body.examples, id);
    case "retrieval":
      return retrieval(body.queries);
    case "explanations":
      return explanations(body.texts, id);
    case "samples":
      return samples(body.samples);
    case "preformatted":
      return html`<pre tabindex="0">${body.text}</pre>`;
  }
}
