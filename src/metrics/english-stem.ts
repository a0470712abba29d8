/**
 * The stemmer known as Snowball English or Porter 2 (Porter 2001, "Snowball: a language for stemming algorithms"; the
 * rules are on snowballstem.org under "English", here without what later versions added, as METEOR has them).
 */

/** Words that the rules would spoil. */
const exceptions: ReadonlyMap<string, string> = new Map([
  ["skis", "ski"],
  ["skies", "sky"],
  ["dying", "die"],
  ["lying", "lie"],
  ["tying", "tie"],
  ["idly", "idl"],
  ["gently", "gentl"],
  ["ugly", "ugli"],
  ["early", "earli"],
  ["only", "onli"],
  ["singly", "singl"],
  ...["sky", "news", "howe", "atlas", "cosmos", "bias", "andes"].map((word) => [word, word] as const),
]);

/** Words that are stems once their plural has gone. */
const finished = /^(?:inning|outing|canning|herring|earring|(?:pro|ex|suc)ceed)$/;

/** What an ending becomes; the longest that a word has is the only one that is tried. */
type Endings = Readonly<Record<string, string>>;

const step2: Endings = {
  tional: "tion",
  enci: "ence",
  anci: "ance",
  abli: "able",
  entli: "ent",
  izer: "ize",
  ization: "ize",
  ational: "ate",
  ation: "ate",
  ator: "ate",
  alism: "al",
  aliti: "al",
  alli: "al",
  fulness: "ful",
  ousli: "ous",
  ousness: "ous",
  iveness: "ive",
  iviti: "ive",
  biliti: "ble",
  bli: "ble",
  ogi: "og",
  fulli: "ful",
  lessli: "less",
  li: "",
};
const step3: Endings = {
  tional: "tion",
  ational: "ate",
  alize: "al",
  icate: "ic",
  iciti: "ic",
  ical: "ic",
  ful: "",
  ness: "",
  ative: "",
};
const step4: Endings = Object.fromEntries(
  "al ance ence er ic able ible ant ement ment ent ism ate iti ous ive ize ion"
    .split(" ")
    .map((end) => [end, ""]),
);

/** A vowel and its consonant where a word ends, or a word of these two: "hop", "ow"; a y that sounds as a consonant is Y. */
const shortSyllable = /(?:[^aeiouy][aeiouy][^aeiouywxY]|^[aeiouy][^aeiouy])$/;

/** The stem of an English word in lower case: "running" and "runs" are "run", "generously" is "generous". */
export function englishStem(word: string): string {
  const exception = exceptions.get(word);
  if (exception !== undefined) return exception;
  if (word.length <= 2) return word;
  const marked = word
    .replace(/^'/, "")
    .replace(/^y/, "Y")
    .replace(/([aeiouy])y/g, "$1Y");
  const first = /^(?:gener|commun|arsen)/.exec(marked)?.[0].length ?? pastSyllable(marked, 0);
  const second = pastSyllable(marked, first);
  const singular = withoutPlural(marked.replace(/'(?:s'?)?$/, ""));
  if (finished.test(singular)) return singular;
  let stem = withoutTense(singular, first).replace(/(?<=.[^aeiouy])[yY]$/, "i");
  stem = changeEnding(stem, step2, (end, before) => {
    if (end === "ogi" && !before.endsWith("l")) return false;
    return before.length >= first && (end !== "li" || /[cdeghkmnrt]$/.test(before));
  });
  stem = changeEnding(stem, step3, (end, before) => before.length >= (end === "ative" ? second : first));
  stem = changeEnding(
    stem,
    step4,
    (end, before) => before.length >= second && (end !== "ion" || /[st]$/.test(before)),
  );
  return withoutLast(stem, first, second).replaceAll("Y", "y");
}

/** Where the first consonant after a vowel ends, from `from` on; the word's end where there is none. */
function pastSyllable(word: string, from: number): number {
  const found = /[aeiouy][^aeiouy]/.exec(word.slice(from));
  return found === null ? word.length : from + found.index + 2;
}

function withoutPlural(word: string): string {
  if (word.endsWith("sses")) return word.slice(0, -2);
  if (/ie[ds]$/.test(word)) return word.slice(0, word.length > 4 ? -2 : -1);
  return /[aeiouy].*[^us]s$/.test(word) ? word.slice(0, -1) : word;
}

function withoutTense(word: string, first: number): string {
  const [end] = /(?:eed|ed|ing)(?:ly)?$/.exec(word) ?? [];
  if (end === undefined) return word;
  const before = word.slice(0, -end.length);
  if (end.startsWith("eed")) return before.length >= first ? `${before}ee` : word;
  if (!/[aeiouy]/.test(before)) return word;
  if (/(?:at|bl|iz)$/.test(before)) return `${before}e`;
  if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(before)) return before.slice(0, -1);
  return before.length === first && shortSyllable.test(before) ? `${before}e` : before;
}

function changeEnding(
  word: string,
  endings: Endings,
  allowed: (end: string, before: string) => boolean,
): string {
  for (let at = 0; at < word.length; at++) {
    const end = word.slice(at);
    if (!Object.hasOwn(endings, end)) continue;
    const before = word.slice(0, at);
    return allowed(end, before) ? before + endings[end]! : word;
  }
  return word;
}

function withoutLast(word: string, first: number, second: number): string {
  const before = word.slice(0, -1);
  const spare =
    (word.endsWith("e") &&
      (before.length >= second || (before.length >= first && !shortSyllable.test(before)))) ||
    (word.endsWith("ll") && before.length >= second);
  return spare ? before : word;
}
