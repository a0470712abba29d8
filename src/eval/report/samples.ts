import { html, type Markup } from "./html.ts";
import { dataUrl } from "./picture.ts";

/** One example of a data set as it lies there. */
export interface Sample {
  /** Index and id. */
  readonly name: string;
  readonly pictures: readonly SamplePicture[];
  /** Texts and labels, by what the data set calls them. */
  readonly fields: readonly { readonly name: string; readonly values: readonly string[] }[];
  /** Why it cannot be used. */
  readonly problem?: string;
}

/** A picture with what is marked in it. */
export interface SamplePicture {
  /** JPEG. */
  readonly bytes: Uint8Array;
  /** Pixels that boxes count in. */
  readonly width: number;
  readonly height: number;
  readonly alt: string;
  readonly boxes: readonly SampleBox[];
}

/** A box in pixels of the picture. */
export interface SampleBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly label: string;
  /** Drawn in the colour of what is right. */
  readonly isTarget: boolean;
}

/** Longest side of a picture in CSS pixels. */
const side = 240;

/** Cards, two or three to a row. */
export function samples(list: readonly Sample[]): Markup {
  return html`<div class="examples">${list.map(card)}</div>`;
}

function card({ name, pictures, fields, problem }: Sample): Markup {
  const shown = fields.map(
    ({ name: field, values }) =>
      html`<dt>${field}</dt>${values.length === 0 ? html`<dd class="note">none</dd>` : values.map((value) => html`<dd>${value}</dd>`)}`,
  );
  const broken =
    problem === undefined ? [] : html`<p class="verdict"><span class="mark wrong">✗</span> ${problem}</p>`;
  return html`<article class="sample">
<h3>${name}</h3>
<div class="pictures">${pictures.map(figure)}</div>
${broken}<dl>${shown}</dl>
</article>`;
}

function figure({ bytes, width, height, alt, boxes }: SamplePicture): Markup {
  const scale = Math.min(1, side / Math.max(width, height));
  const [across, down] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  const letters = (14 / scale).toFixed(1);
  const marks = boxes.map(
    (box) =>
      html`<g class="${box.isTarget ? "target" : "box"}"><title>${box.label}</title><rect x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}"/><text x="${box.x}" y="${box.y}" dx="${(3 / scale).toFixed(1)}" dy="${letters}" font-size="${letters}">${box.label}</text></g>`,
  );
  const overlay =
    boxes.length === 0
      ? []
      : html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${`${boxes.length} boxes`}">${marks}</svg>`;
  return html`<figure style="width:${across}px;height:${down}px" title="${`${width} x ${height}`}"><img src="${dataUrl(bytes, "jpeg")}" width="${across}" height="${down}" alt="${alt}">${overlay}</figure>`;
}
