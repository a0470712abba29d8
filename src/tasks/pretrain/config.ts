import type { CodebookConfig } from "../../models/index.ts";
import type { PixelDecoderConfig } from "../../models/mae.ts";

/**
 * What is present is trained: each loss times its `weight`, rates in [0, 1]. Hard negatives need `itc`, and `wpa` looks
 * at the pairs of `itm`.
 */
export interface PretrainConfig {
  readonly mlm?:
    | ({ readonly weight: number; readonly rate: number; readonly wholeWord: boolean } & Alone)
    | undefined;
  readonly itm?: { readonly weight: number; readonly negatives: "random" | "hard" } | undefined;
  readonly itc?: { readonly weight: number; readonly width: number } | undefined;
  /** `beta` and `steps` as in `TransportOptions`. */
  readonly wpa?:
    | { readonly weight: number; readonly beta?: number | undefined; readonly steps?: number | undefined }
    | undefined;
  /** `rate` is the share of the patches that are asked for, of which 80 % are hidden. */
  readonly mpp?: (PatchShare & Alone) | undefined;
  /** Patches are removed by the model: how many is its own choice. */
  readonly mimPixel?: ({ readonly weight: number; readonly decoder: DecoderConfig } & Alone) | undefined;
  readonly mimInBatch?: (PatchShare & Alone) | undefined;
  /** The codebook is never trained. */
  readonly mimCodes?: (PatchShare & Alone & { readonly codebook: CodebookConfig }) | undefined;
  /** Spans of a mean `length` are hidden; the model's decoder writes them. */
  readonly span?: { readonly weight: number; readonly rate: number; readonly length: number } | undefined;
  /** `group` patches are hidden together. */
  readonly mfr?: (PatchShare & { readonly group: number }) | undefined;
}

/** `rate` is the share of a picture's patches that are hidden. */
interface PatchShare {
  readonly weight: number;
  readonly rate: number;
}

/** With `alone` the words are read without a picture, or the patches without a text. */
export interface Alone {
  readonly alone?: boolean | undefined;
}

/** The objectives that read pairs, and those that read one modality alone; no objective is in both. */
export function apart(c: PretrainConfig): {
  readonly paired: PretrainConfig;
  readonly alone: PretrainConfig;
} {
  const isAlone = ([, objective]: [string, Alone | undefined]) => objective?.alone === true;
  const entries = Object.entries(c).filter(([, objective]) => typeof objective === "object") as [
    string,
    Alone,
  ][];
  return {
    paired: Object.fromEntries(entries.filter((entry) => !isAlone(entry))),
    alone: Object.fromEntries(entries.filter(isAlone)),
  };
}

/** The decoder of pixels; its input and its grid are the model's. */
export type DecoderConfig = Omit<PixelDecoderConfig, "from" | "patch" | "grid">;
