/**
 * Renaissance's one-tower model in small (Fields & Kennington 2024, arXiv:2411.06657).
 *
 * Command: bifocal train renaissance-one-tower-tiny --out runs/renaissance-one-tower-tiny
 */
import { tiny, tinyBlocks, tinyNlvr2, tinyTrunk, tinyVqa, tinyWords } from "./tiny.ts";

const { colours, imageSize, patch, width, depth } = tinyTrunk;

/** Both summaries, each through its own pooler. */
export const renaissanceOneTowerTiny = tiny(
  "renaissance-one-tower-tiny",
  "one-tower Renaissance with 1 M parameters",
  {
    kind: "one-tower",
    std: 0.07,
    image: { kind: "patches", colours, imageSize, patch, width, dropout: 0 },
    text: tinyWords,
    tower: { ...tinyBlocks, depth, norm: "pre", finalNorm: "tokens" },
    pooler: "double",
  },
);

/** Command: bifocal train renaissance-one-tower-tiny-vqa --from runs/renaissance-one-tower-tiny */
export const renaissanceOneTowerTinyVqa = tinyVqa(renaissanceOneTowerTiny);

/** Command: bifocal train renaissance-one-tower-tiny-nlvr2 --from runs/renaissance-one-tower-tiny-vqa */
export const renaissanceOneTowerTinyNlvr2 = tinyNlvr2(renaissanceOneTowerTinyVqa);
