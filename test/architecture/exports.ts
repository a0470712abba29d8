import { isTest, type Source } from "./source.ts";
import type { Token } from "./tokens.ts";

const declares = new Set(["function", "class", "const", "let", "interface", "type"]);
const modifies = new Set(["export", "default", "declare", "abstract", "async"]);

/** Exported names without a sentence of documentation above their declaration. */
export function docstringProblems(sources: readonly Source[]): string[] {
  return sources.filter((source) => !isTest(source)).flatMap(undocumentedIn);
}

function undocumentedIn({ path, tokens }: Source): string[] {
  const documented = new Set<string>();
  const exported = new Map<string, number>();
  for (const [i, token] of tokens.entries()) {
    if (token.kind !== "word") continue;
    const name = tokens[tokens[i + 1]?.text === "*" ? i + 2 : i + 1];
    if (declares.has(token.text) && name?.kind === "word") {
      let first = i;
      while (modifies.has(tokens[first - 1]?.text ?? "")) first--;
      if (hasSentence(tokens, first)) documented.add(name.text);
      if (tokens[first]?.text === "export" && !exported.has(name.text)) exported.set(name.text, name.line);
    }
    if (token.text === "export" && tokens[i + 1]?.text === "{") {
      const end = tokens.findIndex((other, j) => j > i && other.text === "}");
      if (tokens[end + 1]?.text === "from") continue;
      const names = tokens.slice(i + 2, end).filter(({ kind, text }) => kind === "word" && text !== "type");
      for (const { text, line } of names) exported.set(text, line);
    }
  }
  return [...exported]
    .filter(([name]) => !documented.has(name))
    .map(([name, line]) => `${path}:${line}: ${name} has no docstring`);
}

/** Whether a documentation comment with words before its first tag stands right above token `first`. */
function hasSentence(tokens: readonly Token[], first: number): boolean {
  const comment = tokens.slice(0, first).findLast(({ text }) => !text.startsWith("//"));
  if (comment?.kind !== "comment" || !comment.text.startsWith("/**")) return false;
  return /\p{L}/u.test(comment.text.split(/@\w+/)[0]!);
}
