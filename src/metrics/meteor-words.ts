/** The scripts whose letters METEOR's tokenizer knows: Latin, Cyrillic and phonetic extensions. */
const letters = "A-Za-zŠŽšžŸÀ-ÖØ-öø-žЀ-ӿԀ-ԧꙀ-ꙮ꙾-ꚗᴀ-ᵿ";

type Rewrite = readonly [RegExp, string];

/** A sign between two characters. As in the original a character is the neighbour of one sign only: "a,b,c" is "a , b,c". */
function between(before: string, sign: string, after: string, written: string): Rewrite {
  return [new RegExp(`([${before}])${sign}([${after}])`, "gu"), `$1${written}$2`];
}

/** What becomes of a line, in this order. */
const rewrites: readonly Rewrite[] = [
  [new RegExp(`[^0-9${letters}\\t-\\r .'\`,‘’\\-]`, "gu"), " $& "],
  [/\.{2,}/gu, " $& "],
  between("^0-9", ",", "^0-9", " , "),
  between("0-9", ",", "^0-9", " , "),
  between("^0-9", ",", "0-9", " , "),
  [/[`‘’]/gu, "'"],
  [/[“”]|''/gu, ' " '],
  [/–/gu, "-"],
  [/--/gu, "-"],
  between(`0-9${letters}.`, "-", `0-9${letters}`, " "),
  between(`^${letters}`, "'", `^${letters}`, " ' "),
  between(`^0-9${letters}`, "'", letters, " ' "),
  between(letters, "'", `^${letters}`, " ' "),
  between(letters, "'", letters, " '"),
  between("0-9", "'", "s", " '"),
];

/** Words in lower case whose point is part of them. */
const abbreviations = new Set(["v", "vs", "rev"]);

const wideSpace = /^[\u00A0\u2000-\u200A\u202F\u205F\u3000]$/;

/**
 * The words that METEOR 1.5 sees in a caption in lower case, as its option -norm cuts them (Denkowski & Lavie 2011, WMT):
 * compounds and contractions in parts, abbreviations without points.
 */
export function meteorWords(caption: string): string[] {
  let line = ` ${caption} `;
  for (const [pattern, written] of rewrites) line = line.replace(pattern, written);
  const words = line.split(/[\t\n\f\r ]+/).filter((word) => word !== "");
  return words.flatMap((word, i) => (wideSpace.test(word) ? [] : withoutPoint(word, words[i + 1] ?? "")));
}

function withoutPoint(word: string, next: string): string[] {
  if (word.length === 1 || !word.endsWith(".") || /^\.+$/.test(word)) return [word];
  const before = word.slice(0, -1);
  if (before.includes(".") && new RegExp(`[${letters}]`).test(before)) return [word.replaceAll(".", "")];
  if (abbreviations.has(before) || /^[a-z]/.test(next) || (before === "pp" && /^[0-9]/.test(next)))
    return [word];
  return [before, "."];
}
