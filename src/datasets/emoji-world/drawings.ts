import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fail } from "../../core/errors.ts";

/** Who drew the art, and the npm package that carries it. The order is part of the data set. */
export const vendors = [
  { name: "twemoji", package: "@twemoji/svg" },
  { name: "openmoji", package: "openmoji" },
  { name: "noto", package: "@svgmoji/noto" },
] as const;

/** One row of `vendors`. */
export type Vendor = (typeof vendors)[number];

/**
 * Gives the function from a code point ("1F431") to one vendor's SVG file.
 * @throws BifocalError when the package is not installed, and later when it lacks a drawing.
 */
export function openDrawings(vendor: Vendor): (hexcode: string) => Buffer {
  const folder = packageFolder(vendor.package);
  if (vendor.name === "noto") {
    const sheet = readFileSync(join(folder, "sprites/all.svg"), "latin1"); // one byte a character: fast
    return (hexcode) => cutFromSheet(sheet, hexcode) ?? missing(vendor, hexcode);
  }
  const file =
    vendor.name === "twemoji"
      ? (hexcode: string) => join(folder, `${hexcode.toLowerCase()}.svg`)
      : (hexcode: string) => join(folder, "color/svg", `${hexcode}.svg`);
  return (hexcode) => {
    const path = spellings(hexcode).map(file).find(existsSync);
    return path === undefined ? missing(vendor, hexcode) : readFileSync(path);
  };
}

/** Packages differ in whether the selector of the emoji variant is part of a name. */
function spellings(hexcode: string): string[] {
  return [hexcode, `${hexcode}-FE0F`];
}

/** Finds a package as an import would, from this module and then from the working directory. */
export function packageFolder(name: string): string {
  const paths = [import.meta.dirname, process.cwd()];
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`, { paths }));
  } catch {
    return fail("data", "emoji-world", {
      expected: `the npm package ${name}, whose art this data set is drawn from`,
      got: "no such package here",
      todo: `run: npm install --save-dev ${vendors.map((vendor) => vendor.package).join(" ")}`,
    });
  }
}

function missing(vendor: Vendor, hexcode: string): never {
  return fail("data", `emoji-world: ${vendor.package}`, {
    expected: `a drawing of ${hexcode}`,
    got: "none",
    todo: "install a version of the package that has it",
  });
}

/** The nested `<svg id="HEXCODE">` of a sprite sheet as a document of its own. */
function cutFromSheet(sheet: string, hexcode: string): Buffer | undefined {
  const id = spellings(hexcode)
    .map((spelling) => `id="${spelling}"`)
    .find((attribute) => sheet.includes(attribute));
  if (id === undefined) return undefined;
  const start = sheet.lastIndexOf("<svg", sheet.indexOf(id));
  const tag = /<(\/?)svg\b/g;
  tag.lastIndex = start;
  let depth = 0;
  do {
    depth += tag.exec(sheet)?.[1] === "/" ? -1 : 1;
  } while (depth > 0);
  const text = sheet.slice(start, sheet.indexOf(">", tag.lastIndex) + 1);
  const head = text.slice(0, text.indexOf(">"));
  const namespaces = [
    head.includes("xmlns=") ? "" : ' xmlns="http://www.w3.org/2000/svg"',
    head.includes("xmlns:xlink=") ? "" : ' xmlns:xlink="http://www.w3.org/1999/xlink"',
  ];
  return Buffer.from(text.replace("<svg", `<svg${namespaces.join("")}`), "latin1");
}
