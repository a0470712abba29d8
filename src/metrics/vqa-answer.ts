import { splitWords, strip } from "./python-text.ts";

/**
 * Answers as the official VQA evaluation compares them (Antol et al. 2015, arXiv:1505.00468; vqaEval.py of March 2021),
 * its slips included: what it does is what published figures are made of. Digits are those of all scripts, as Python 3 takes
 * them.
 */

/** Each mark is removed or becomes a space; "." is treated apart, ":" and "'" stay. */
const marks = [...';/[]"{}()=+\\_-><@`,?!'];
const anyMark = new RegExp(`[.${marks.map((mark) => `\\${mark}`).join("")}]`);

/** The official code hands a flag to the place of a count: the points after the 32nd stay. */
const mostPoints = 32;

const digits = new Map(
  "zero one two three four five six seven eight nine ten"
    .split(" ")
    .map((word, value): [string, string] => [word, `${value}`]),
).set("none", "0");

const articles = new Set(["a", "an", "the"]);

/** An apostrophe that was left out, any one of them, is put back. */
const contractions = new Map(
  (
    "ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't haven't he'd he'd've " +
    "he's how'd how'll how's isn't it'd it'd've it'll ma'am mightn't mightn't've might've mustn't must've needn't not've " +
    "o'clock oughtn't 'ow's'at shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll somebody's " +
    "someone'd someone'd've someone'll someone's something'd something'd've something'll that's there'd there'd've " +
    "there're there's they'd they'd've they'll they're they've 'twas wasn't we'd've we've weren't what'll what're what's " +
    "what've when's where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't would've " +
    "wouldn't wouldn't've y'all y'all'll y'all'd've you'd you'd've you'll you're you've"
  )
    .split(" ")
    .flatMap((whole) =>
      [...whole.matchAll(/'/g)].map(({ index }): [string, string] => [
        whole.slice(0, index) + whole.slice(index + 1),
        whole,
      ]),
    ),
).set("somebody'd", "somebodyd");

/** Line breaks and tabs become spaces, the ends are bare. This is all that is done where every annotator said the same. */
export function bareAnswer(text: string): string {
  return strip(text.replace(/[\n\t]/g, " "));
}

/** Lower case, numbers up to ten as digits, without punctuation and articles, contractions with their apostrophes. */
export function normalizeAnswer(bare: string): string {
  return splitWords((anyMark.test(bare) ? withoutMarks(bare) : bare).toLowerCase())
    .map((word) => digits.get(word) ?? word)
    .filter((word) => !articles.has(word))
    .map((word) => contractions.get(word) ?? word)
    .join(" ");
}

/** A mark vanishes where it stands beside a space somewhere, and all marks do where a comma stands between digits. */
function withoutMarks(text: string): string {
  const thousands = /\p{Nd},\p{Nd}/u.test(text);
  let result = text;
  for (const mark of marks) {
    const vanishes = thousands || text.includes(`${mark} `) || text.includes(` ${mark}`);
    result = result.replaceAll(mark, vanishes ? "" : " ");
  }
  let points = 0;
  return result.replace(/\.(?!\p{Nd})/gu, (point) => (points++ < mostPoints ? "" : point));
}
