/**
 * BridgeTower in small (Xu et al. 2023, arXiv:2206.08657): meter-tiny's towers, two bridged layers of co-attention.
 *
 * Command: bifocal train bridgetower-tiny --out runs/bridgetower-tiny
 */
import { meterTiny } from "./meter-tiny.ts";
import { tiny, tinyBlocks, tinyNlvr2, tinyVqa } from "./tiny.ts";

const { image, text, std } = meterTiny.model;

/** Both towers' last two layers feed the fusion. */
export const bridgetowerTiny = tiny("bridgetower-tiny", "BridgeTower with 2 M parameters", {
  kind: "bridgetower",
  std,
  image,
  text,
  fusion: {
    ...tinyBlocks,
    depth: 2,
    norm: "pre",
    bridge: "add",
    bridgeEpsilon: 1e-6,
    projections: "shared",
  },
});

/** Command: bifocal train bridgetower-tiny-vqa --from runs/bridgetower-tiny */
export const bridgetowerTinyVqa = tinyVqa(bridgetowerTiny);

/** Command: bifocal train bridgetower-tiny-nlvr2 --from runs/bridgetower-tiny-vqa */
export const bridgetowerTinyNlvr2 = tinyNlvr2(bridgetowerTinyVqa);
