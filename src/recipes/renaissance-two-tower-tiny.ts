/**
 * Renaissance's two-tower model in small (Fields & Kennington 2024, arXiv:2411.06657): LXMERT's cross layers.
 *
 * Command: bifocal train renaissance-two-tower-tiny --out runs/renaissance-two-tower-tiny
 */
import { meterTiny } from "./meter-tiny.ts";
import { tiny, tinyBlocks, tinyNlvr2, tinyVqa } from "./tiny.ts";

const { image, text, std } = meterTiny.model;

/** meter-tiny's towers under two cross layers. */
export const renaissanceTwoTowerTiny = tiny(
  "renaissance-two-tower-tiny",
  "two-tower Renaissance with 2 M parameters",
  {
    kind: "meter",
    std,
    image,
    text,
    fusion: { kind: "lxmert-cross", ...tinyBlocks, depth: 2, norm: "pre" },
  },
);

/** Command: bifocal train renaissance-two-tower-tiny-vqa --from runs/renaissance-two-tower-tiny */
export const renaissanceTwoTowerTinyVqa = tinyVqa(renaissanceTwoTowerTiny);

/** Command: bifocal train renaissance-two-tower-tiny-nlvr2 --from runs/renaissance-two-tower-tiny-vqa */
export const renaissanceTwoTowerTinyNlvr2 = tinyNlvr2(renaissanceTwoTowerTinyVqa);
