/**
 * Visual Parsing in small (Xue et al. 2021, arXiv:2106.13488): a Swin of two stages and a transformer of three blocks.
 *
 * Command: bifocal train visual-parsing-tiny --out runs/visual-parsing-tiny
 */
import { colours } from "../models/colours.ts";
import { tiny, tinyBlocks, tinyNlvr2, tinyVqa, tinyWords } from "./tiny.ts";

const { kind: _, ...tables } = tinyWords;

/** A grid of 8 x 8 patches, then one of 4 x 4. */
const model = {
  kind: "visual-parsing",
  std: 0.07,
  image: {
    kind: "swin",
    colours: colours.halves,
    imageSize: 48,
    patch: 6,
    window: 4,
    widths: [64, 128],
    depths: [2, 2],
    heads: [2, 4],
    expansion: 4,
    activation: "exact",
    dropout: 0,
    epsilon: 1e-6,
    absolutePositions: true,
  },
  text: { kind: "bert", ...tables, ...tinyBlocks, depth: 3, norm: "pre" },
} as const;

/** Two of the 16 visual tokens are hidden together. */
export const visualParsingTiny = tiny("visual-parsing-tiny", "Visual Parsing with 1 M parameters", model, {
  mfr: { weight: 1, rate: 0.15, group: 2 },
});

/** Command: bifocal train visual-parsing-tiny-vqa --from runs/visual-parsing-tiny */
export const visualParsingTinyVqa = tinyVqa(visualParsingTiny);

/** Command: bifocal train visual-parsing-tiny-nlvr2 --from runs/visual-parsing-tiny-vqa */
export const visualParsingTinyNlvr2 = tinyNlvr2(visualParsingTinyVqa);
