import { pngSize } from "../../files/png.ts";
import { html, type Markup } from "./html.ts";

/** A picture inside the page. */
export interface Picture {
  readonly image: Markup;
  /** In CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/**
 * Shows a PNG with its longer side at most `side` CSS pixels. Small pictures grow by a whole factor, so that every
 * pixel of what the model saw stays a square. @throws BifocalError when the bytes are no PNG.
 */
export function picture(png: Uint8Array, alt: string, side: number): Picture {
  const size = pngSize(png, `picture "${alt}"`);
  const fit = side / Math.max(size.width, size.height);
  const scale = fit >= 1 ? Math.floor(fit) : fit;
  const [width, height] = [Math.round(size.width * scale), Math.round(size.height * scale)];
  const image = html`<img class="${scale > 1 ? "crisp" : "smooth"}" src="${dataUrl(png)}" width="${width}" height="${height}" alt="${alt}">`;
  return { image, width, height };
}

/** The bytes as an address that needs no network. */
export function dataUrl(bytes: Uint8Array, type: "png" | "jpeg" = "png"): string {
  const { buffer, byteOffset, length } = bytes;
  return `data:image/${type};base64,${Buffer.from(buffer, byteOffset, length).toString("base64")}`;
}
