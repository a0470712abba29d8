/**
 * VLC in small (Gui et al. 2022, arXiv:2205.09256): ViLT's shape with fixed positions and removed patches.
 *
 * Command: bifocal train vlc-tiny --out runs/vlc-tiny
 */
import { tiny, tinyBlocks, tinyNlvr2, tinyTrunk, tinyVqa, tinyWords } from "./tiny.ts";

const model = {
  kind: "vlc",
  std: 0.07,
  image: { ...tinyTrunk, positions: "fixed" },
  text: tinyWords,
  removed: 0.25,
} as const;

/** A quarter of 16 patches is removed and painted: captions tell of more than a few patches show. */
export const vlcTiny = tiny("vlc-tiny", "VLC with 1 M parameters", model, {
  mimPixel: { weight: 1, decoder: { ...tinyBlocks, width: 64, depth: 2, hidden: 256 } },
});

const tuned = tinyVqa(vlcTiny);

/** Nothing is removed. Command: bifocal train vlc-tiny-vqa --from runs/vlc-tiny */
export const vlcTinyVqa = { ...tuned, model: { ...model, removed: 0 } };

/** Command: bifocal train vlc-tiny-nlvr2 --from runs/vlc-tiny-vqa */
export const vlcTinyNlvr2 = tinyNlvr2(vlcTinyVqa);
