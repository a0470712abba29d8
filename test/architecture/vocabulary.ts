import { isTest, type Source } from "./source.ts";

/** The terms a vocabulary page defines: every word it sets in code type. */
export function termsOf(markdown: string): Set<string> {
  return new Set([...markdown.matchAll(/`([A-Za-z]\w*)`/g)].map((match) => match[1]!));
}

/** Keys that the vocabulary does not define in files of src/recipes that hold a value of type Recipe. */
export function vocabularyProblems(sources: readonly Source[], terms: ReadonlySet<string>): string[] {
  return sources
    .filter((source) => source.path.startsWith("src/recipes/") && !isTest(source))
    .filter(({ text }) => /(?::|\bsatisfies)\s*Recipe\s*[=;]/.test(text))
    .flatMap(({ path, tokens }) => {
      const code = tokens.filter((token) => token.kind !== "comment");
      return code
        .filter((token, i) => {
          const isKey = /^[{,]$/.test(code[i - 1]?.text ?? "") && code[i + 1]?.text === ":";
          return token.kind === "word" && isKey && !terms.has(token.text);
        })
        .map(({ text, line }) => `${path}:${line}: "${text}" is not in docs/vocabulary.md`);
    });
}
