/**
 * VLMo in small (Bao et al. 2022, arXiv:2111.02358): five blocks of experts, the last two with one for pairs.
 *
 * Command: bifocal train vlmo-tiny --out runs/vlmo-tiny
 */
import { tiny, tinyNlvr2, tinyTrunk, tinyVqa, tinyWords } from "./tiny.ts";

/** Positions are learned: grids of 4 x 4 patches have few distances. */
export const vlmoTiny = tiny("vlmo-tiny", "VLMo with 2 M parameters", {
  kind: "vlmo",
  std: 0.07,
  image: { ...tinyTrunk, positions: "learned", projectionBias: "not-key" },
  text: tinyWords,
  jointFrom: 3,
});

/** Command: bifocal train vlmo-tiny-vqa --from runs/vlmo-tiny */
export const vlmoTinyVqa = tinyVqa(vlmoTiny);

/** Command: bifocal train vlmo-tiny-nlvr2 --from runs/vlmo-tiny-vqa */
export const vlmoTinyNlvr2 = tinyNlvr2(vlmoTinyVqa);
