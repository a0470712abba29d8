/** What the pages tell readers to type. */

/** A verb as the command line defines it: its name, "data list" where it is below another, and its long options. */
export interface KnownVerb {
  readonly name: string;
  readonly options: readonly string[];
}

/** One `bifocal ...` of a page, as words. */
export interface Command {
  readonly where: string;
  readonly words: readonly string[];
}

const fence = /^```.*\n([\s\S]*?)^```$/gm;

/** Commands in the code blocks and code spans of a page, or of a source file's comments. */
export function commandsOf(page: string, text: string): Command[] {
  const blocks = page.endsWith(".md")
    ? [...text.matchAll(fence)].map((match) => match[1]!)
    : [...text.matchAll(/^[ *]*Command: (bifocal .*)$/gm)].map((match) => match[1]!);
  const spans = page.endsWith(".md")
    ? [...text.replace(fence, "").matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!)
    : [];
  return [...blocks, ...spans]
    .flatMap((code) => code.replace(/\\\n\s*/g, " ").split("\n"))
    .flatMap((line) => line.split(/&&|\|\||[|;]|\s#/))
    .flatMap((line) => {
      const rest = /^\s*(?:[$>]\s+)?(?:\w+=\S*\s+)*(?:npx\s+)?bifocal(?:\s+(.*))?$/.exec(line);
      const words = (rest?.[1] ?? "").trim().split(/\s+/);
      return rest === null || words[0] === "" ? [] : [{ where: page, words }];
    });
}

/** Commands whose verb or option the command line does not have. */
export function commandProblems(commands: readonly Command[], verbs: readonly KnownVerb[]): string[] {
  return commands.flatMap(({ where, words }) => {
    if (words[0] === "launch" && words.includes("train")) {
      const start = words.indexOf("train");
      const parts = [words.slice(0, start), words.slice(start)].map((part) => ({ where, words: part }));
      return commandProblems(parts, verbs);
    }
    const [name = "", ...rest] = words;
    const told = `${where}: bifocal ${words.join(" ")}`;
    if (name === "--help" || name === "--version" || /^<.*>$/.test(name)) return [];
    const named = (wanted: string) => verbs.find((other) => other.name === wanted);
    const verb = named(`${name} ${rest[0]}`) ?? named(name);
    if (verb === undefined) return [`${told}: no verb "${name}"`];
    return rest
      .map((word) => /^\[?(--[a-z][a-z-]*)/.exec(word)?.[1])
      .filter((option) => option !== undefined)
      .filter((option) => option !== "--help" && !verb.options.includes(option))
      .map((option) => `${told}: no option ${option}`);
  });
}
