/**
 * ViLT in small (Kim, Son & Kim 2021, arXiv:2102.03334): one transformer of five blocks for words and patches.
 *
 * Command: bifocal train vilt-tiny --out runs/vilt-tiny
 */
import { tiny, tinyNlvr2, tinyTrunk, tinyVqa, tinyWords } from "./tiny.ts";

/** Every patch is shown: there are 16. Word-patch alignment has the paper's weight. */
export const viltTiny = tiny(
  "vilt-tiny",
  "ViLT with 1 M parameters",
  { kind: "vilt", std: 0.07, image: tinyTrunk, text: tinyWords, pictures: 1 },
  { wpa: { weight: 0.1 } },
);

/** Command: bifocal train vilt-tiny-vqa --from runs/vilt-tiny */
export const viltTinyVqa = tinyVqa(viltTiny);

/** Command: bifocal train vilt-tiny-nlvr2 --from runs/vilt-tiny-vqa */
export const viltTinyNlvr2 = tinyNlvr2(viltTinyVqa);
