import { dropout } from "../../graph/functions.ts";
import type { Scope } from "../../nn/scope.ts";
import type { ImageTower } from "../contracts.ts";
import { type VitConfig, vit } from "./vit.ts";

/** As in a vision transformer that has no blocks. */
export type BarePatchesConfig = Pick<VitConfig, "imageSize" | "patch" | "width" | "dropout" | "specials">;

const noBlocks = {
  depth: 0,
  heads: 1,
  hidden: 1,
  activation: "exact",
  epsilon: 1,
  normFirst: false,
  finalNorm: "none",
} as const;

/** Patches alone, for models whose blocks read both modalities. The picture's summary is its first token's vector, the same for all. */
export function barePatches(at: Scope, c: BarePatchesConfig): ImageTower {
  const { embed, specials } = vit(at, { ...c, ...noBlocks });
  return {
    width: c.width,
    specials,
    encode: at.layer((image) => {
      const { tokens, keep } = embed(image);
      const patches = dropout(tokens, c.dropout);
      return { patches, pooled: patches.at(1, 0), keep, layers: [patches], attention: [] };
    }),
  };
}
