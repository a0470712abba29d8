/** Names with `*` for a whole number and `**` for anything, as rules write them. */

const compiled = new Map<string, RegExp>();

/** The numbers that stand for the stars, in order; undefined when the name is another. */
export function matchPattern(pattern: string, name: string): string[] | undefined {
  let regex = compiled.get(pattern);
  if (regex === undefined) {
    const source = pattern.replace(/\*\*|\*|[.+?^${}()|[\]\\]/g, (found) =>
      found === "**" ? ".*" : found === "*" ? "(\\d+)" : `\\${found}`,
    );
    regex = new RegExp(`^${source}$`);
    compiled.set(pattern, regex);
  }
  return regex.exec(name)?.slice(1);
}

/** A pattern with numbers in place of its stars. */
export function insertNumbers(pattern: string, numbers: readonly string[]): string {
  let next = 0;
  return pattern.replace(/\*/g, () => numbers[next++]!);
}
