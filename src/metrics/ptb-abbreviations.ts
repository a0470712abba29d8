/** Abbreviations that keep their point in the caption tokenizer, as patterns in any mixture of cases unless said. */

const any = (words: string): string =>
  words.replace(/[a-z]/g, (c) => `[${c}${c.toUpperCase()}]`).replaceAll(" ", "|");
const capital = (words: string): string =>
  words
    .split(" ")
    .map((word) => `${word[0]!.toUpperCase()}${any(word.slice(1))}`)
    .join("|");
const notUpper = (words: string): string =>
  words
    .split(" ")
    .map((word) => `${any(word[0]!)}${word.slice(1)}`)
    .join("|");

/** Those that stand before a name or a word: no sentence ends with them. */
export const beforeNames = [
  any(
    "adj adm adv alex asst assoc atty attys ave brig capt cf cie cmdr col comdr cpl dept det dr drs elec ens ft gen gov govs hon insp " +
      "invt jos lieut lt maj messrs mlle mme mr mrs ms msgr mt natl pfc ph pres prof profs pvt rep reps rev sen sens sfc sgt spc st ste " +
      "supt supts treas vs wm",
  ),
  notUpper("mfg mtg"),
].join("|");

/** Those that a sentence may end with: months, states, companies. The second part is a common word without a capital. */
export const beforeSentences = [
  any(
    "al ala apr ariz assn aug bancorp bhd bldg blvd bros calif co colo conn corp cos ct dak dec esq est etc ext feb fla fri ga inc " +
      "ind intl jan jr jul jun kan kans ky ltd mar md mich minn mo mon mont neb nev nov oct okla penn plc rd rt sep sept " +
      "seq sq sr sys tel tenn thu thurs tue tues univ va vt wed wis wisc wyo",
  ),
  capital("ark az del ill la mass miss ore pa tex wash"),
  notUpper("ppte pptes ppty pptys pte ptes pty ptys"),
].join("|");

/** Those that keep the point before a number only. */
export const beforeNumbers = any("art ca fig figs no nos op pp prop");

/** Words that show a new sentence behind a single letter with a point: "vitamin c. A man ...". */
export const sentenceOpeners = capital(
  "a about according additionally after an as at but earlier he her here however if in it last many more now once one " +
    "other our she since so some such that the their then there these they this we what when while yet you",
);

/** File name endings. */
export const fileTypes = any(
  "bat bmp c cgi class cpp dll doc docx exe gif gz h htm html jar java jpeg jpg mov mp3 pdf php pl png ppt ps py sql tar " +
    "txt wav x xml zip",
);
