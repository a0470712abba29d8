import { tokenRules, withoutSoftHyphens } from "./ptb-rules.ts";
import { stripEnd } from "./python-text.ts";

/** Dropped from captions, as far as they are tokens of their own; parentheses stay, as "-lrb-" and "-rrb-". */
const dropped = new Set(["''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"]);

/**
 * Captions as the published scores see them: Penn Treebank tokens, lower-cased, without punctuation, joined by spaces
 * (Chen et al. 2015, arXiv:1504.00325, section 3.1). All captions of a corpus belong in one call, in the corpus's
 * order: "vitamin c." keeps its point unless the next caption begins with a word like "A".
 *
 * Differs: a line break inside a caption is a space, whichever character breaks the line. Letters that Unicode got after
 * version 6 are letters. Characters above the basic plane, like emoji, are dropped as they should be, but addresses that
 * hold them are not always cut at the same place.
 */
export function tokenizeCaptions(captions: readonly string[]): string[] {
  if (captions.length === 0) return [];
  // \p{L} would take letters above the basic plane; the last code point is in no class.
  const known = captions.map((caption) =>
    caption
      .replace(/[\n\r\v\f\u2028\u2029]/g, " ")
      .replace(/[\p{L}\p{Nd}]/gu, (character) => (character.length > 1 ? "\u{10FFFF}" : character)),
  );
  return tokenizeLines(known.join("\n")).map((tokens) =>
    stripEnd(tokens.join(" "))
      .split(" ")
      .filter((token) => !dropped.has(token))
      .join(" "),
  );
}

/** Most words of most captions: nothing longer begins where letters end at a space, but for these six. */
const commonWord = /(?!(?:cannot|gonna|gotta|lemme|gimme|wanna)\b)[a-z]+(?: (?=[a-z])|(?=[ \n]))/iy;

function tokenizeLines(text: string): string[][] {
  let line: string[] = [];
  const lines = [line];
  for (let at = 0; at < text.length; ) {
    if (text[at] === "\n") {
      line = [];
      lines.push(line);
      at++;
      continue;
    }
    commonWord.lastIndex = at;
    const common = commonWord.exec(text)?.[0];
    if (common !== undefined) {
      line.push(common.trimEnd().toLowerCase());
      at += common.length;
      continue;
    }
    const { token, printed } = longestAt(text, at);
    if (printed !== "") line.push(lowerCase(printed.replaceAll(" ", "\u00A0")));
    at += Math.max(1, token.length); // a character of no rule is dropped
  }
  return lines;
}

/** As Java does it: a sigma is a word's last letter though a colon follows, and is not before a hyphen or an underscore. */
function lowerCase(token: string): string {
  const lower = token.replaceAll("Σ", (_, at: number) => {
    const follows = /\p{L}\p{M}*$/u.test(token.slice(0, at));
    const goesOn = /^\p{M}*[\p{Pd}_\u00AD\u2027"'.]?\p{L}/u.test(token.slice(at + 1));
    return follows && !goesOn ? "ς" : "σ";
  });
  return lower.toLowerCase();
}

function longestAt(text: string, at: number): { token: string; printed: string } {
  let token = "";
  let reach = 0;
  let print: ((token: string) => string) | undefined;
  for (const rule of tokenRules) {
    rule.match.lastIndex = at;
    const found = rule.match.exec(text);
    if (found === null) continue;
    const length = found[0].length + (found[1]?.length ?? 0);
    if (length > reach) {
      token = found[0];
      reach = length;
      print = rule.print;
    }
  }
  return { token, printed: (print ?? withoutSoftHyphens)(token) };
}
