/**
 * One wanted file: a name must exist; a pattern with one "*", which does not cross a "/", may match nothing; of a
 * list, the first that matches counts, and one must.
 */
export type WantedFile = string | readonly string[];

/** Names that `wanted` selects of what there is, and what is wanted but missing, as a user would say it. */
export function chooseFiles(
  wanted: readonly WantedFile[],
  names: readonly string[],
): { readonly chosen: readonly string[]; readonly missing: readonly string[] } {
  const chosen = new Set<string>();
  const missing: string[] = [];
  for (const want of wanted) {
    const choices = typeof want === "string" ? [want] : want;
    const found = choices.map((pattern) => names.filter((name) => matches(pattern, name)));
    const first = found.find((matched) => matched.length > 0);
    for (const name of first ?? []) chosen.add(name);
    const may = typeof want === "string" && want.includes("*");
    if (first === undefined && !may) missing.push(choices.join(" or "));
  }
  return { chosen: [...chosen], missing };
}

function matches(pattern: string, name: string): boolean {
  const [head, tail] = pattern.split("*");
  if (head === undefined || tail === undefined) return pattern === name;
  const middle = name.slice(head.length, name.length - tail.length);
  return name === head + middle + tail && !middle.includes("/");
}
