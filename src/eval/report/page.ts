import { html, type Markup } from "./html.ts";
import { showNumber } from "./numbers.ts";
import { style } from "./style.ts";

/** The parts of a page, sections already rendered. */
export interface Page {
  readonly title: string;
  readonly subtitle: string;
  readonly facts: readonly { readonly label: string; readonly value: string | number }[];
  readonly sections: readonly { readonly id: string; readonly heading: string; readonly content: Markup }[];
}

/** The document around the sections; its content policy forbids scripts and every request. */
export function page({ title, subtitle, facts, sections }: Page): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${{ markup: style }}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="subtitle">${subtitle}</p>
<dl class="facts">${facts.map(({ label, value }) => html`<div><dt>${label}</dt><dd>${typeof value === "number" ? showNumber(value) : value}</dd></div>`)}</dl>
${sections.length < 2 ? [] : html`<nav aria-label="Sections">${sections.map(({ id, heading }) => html`<a href="#${id}">${heading}</a>`)}</nav>`}
</header>
<main>
${sections.map(
  ({ id, heading, content }) => html`<section id="${id}" aria-labelledby="${id}-heading">
<h2 id="${id}-heading">${heading}</h2>
${content}
</section>
`,
)}</main>
</body>
</html>
`.markup;
}
