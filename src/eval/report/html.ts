/** Markup that goes into the page as it is. */
export interface Markup {
  readonly markup: string;
}

/** Template tag: text and numbers between the pieces are escaped, markup is not, lists are joined. */
export function html(
  pieces: TemplateStringsArray,
  ...parts: readonly (string | number | Markup | readonly Markup[])[]
): Markup {
  const inserted = parts.map((part) => {
    if (typeof part === "string" || typeof part === "number") return escapeText(String(part));
    return "markup" in part ? part.markup : part.map(({ markup }) => markup).join("");
  });
  return { markup: String.raw({ raw: pieces }, ...inserted) };
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Makes text harmless between tags and between the quotes of an attribute. */
function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
