/** How Python sees white space: the official scorers' words end there, at characters that \s lacks, and not at U+FEFF. */
const space =
  "[\\u0009-\\u000D\\u001C-\\u0020\\u0085\\u00A0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]+";
const between = new RegExp(space);
const atEnd = new RegExp(`${space}$`);
const atStart = new RegExp(`^${space}`);

/** Words of `str.split()`: none of an empty text. */
export function splitWords(text: string): string[] {
  return text.split(between).filter((word) => word !== "");
}

/** `str.rstrip()` */
export function stripEnd(text: string): string {
  return text.replace(atEnd, "");
}

/** `str.strip()` */
export function strip(text: string): string {
  return stripEnd(text).replace(atStart, "");
}
