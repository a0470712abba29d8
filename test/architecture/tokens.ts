/** A piece of TypeScript source. `text` of a string or template is its content without the quotes. */
export interface Token {
  readonly kind: "word" | "number" | "string" | "template" | "regex" | "comment" | "mark";
  readonly text: string;
  readonly line: number;
}

const patterns = {
  space: /\s+/y,
  comment: /\/\/[^\n]*|\/\*[\s\S]*?\*\//y,
  string: /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'/y,
  template: /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y,
  regex: /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y,
  number: /\d[\w.]*/y,
  word: /[\p{ID_Start}$_][\p{ID_Continue}$]*/uy,
};

const wordsBeforeRegex = new Set(["return", "case", "throw", "typeof", "await", "in", "of", "else", "yield"]);

/** Splits source into tokens, just well enough to find imports, exports, literals and comments. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  const braces: number[] = []; // open braces inside each enclosing `${`
  let at = 0;
  let line = 1;

  const read = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const take = (kind: Token["kind"] | "space", length: number, text: string) => {
    if (kind !== "space") tokens.push({ kind, text, line });
    line += source.slice(at, at + length).split("\n").length - 1;
    at += length;
  };
  const takeTemplate = (opening: number) => {
    at += opening;
    const text = read(patterns.template) ?? "";
    const interpolated = source.startsWith("${", at + text.length);
    take("template", text.length, text);
    at += interpolated ? 2 : 1;
    if (interpolated) braces.push(0);
  };
  const regexMayStart = () => {
    const previous = tokens.findLast((token) => token.kind !== "comment");
    if (previous === undefined) return true;
    if (previous.kind === "word") return wordsBeforeRegex.has(previous.text);
    return previous.kind === "mark" && !")]}".includes(previous.text);
  };

  while (at < source.length) {
    const character = source[at]!;
    const depth = braces.length - 1;
    const space = read(patterns.space);
    const comment = read(patterns.comment);
    const literal = read(patterns.string);
    const regex = character === "/" && regexMayStart() ? read(patterns.regex) : undefined;
    const number = read(patterns.number);
    const word = read(patterns.word);
    if (space !== undefined) take("space", space.length, space);
    else if (comment !== undefined) take("comment", comment.length, comment);
    else if (literal !== undefined) take("string", literal.length, literal.slice(1, -1));
    else if (character === "`") takeTemplate(1);
    else if (character === "}" && braces[depth] === 0) {
      braces.pop();
      takeTemplate(1);
    } else if (regex !== undefined) take("regex", regex.length, regex);
    else if (number !== undefined) take("number", number.length, number);
    else if (word !== undefined) take("word", word.length, word);
    else {
      if (depth >= 0 && character === "{") braces[depth]!++;
      if (depth >= 0 && character === "}") braces[depth]!--;
      take("mark", 1, character);
    }
  }
  return tokens;
}
