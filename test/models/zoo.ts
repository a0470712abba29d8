import { colours } from "#src/models/colours.ts";
import type { ModelConfig } from "#src/models/index.ts";

/** B pictures and texts, T words, S pixels a side, P = 1 + (6 / 2)^2 patches. */
export const sizes = { B: 3, T: 5, S: 6, P: 10 } as const;

const { S } = sizes;

/** Every model, small: towers 6 and 8 wide where they may differ from the fusion, which is 12 wide. */
export function zoo(dropout: number, depth = 2): Record<string, ModelConfig> {
  const common = { depth, activation: "exact", dropout } as const;
  const vit = {
    ...common,
    kind: "vit",
    colours: colours.clip,
    imageSize: S,
    patch: 2,
    width: 6,
    heads: 3,
    hidden: 11,
    epsilon: 1e-6,
  } as const;
  const bert = {
    ...common,
    kind: "bert",
    vocab: 13,
    textLength: 7,
    width: 8,
    heads: 2,
    hidden: 14,
    norm: "post",
    epsilon: 1e-12,
  } as const;
  const plain = { ...vit, normFirst: false };
  const clip = { ...vit, normFirst: true, activation: "quick" } as const;
  const cased = { ...bert, positionOffset: 2, segments: 1 };
  const uncased = { ...bert, positionOffset: 0, segments: 2 };
  const fusion = { ...common, width: 12, heads: 4, hidden: 15, norm: "post", epsilon: 1e-12 } as const;
  const co = { ...fusion, kind: "co-attention" } as const;
  const merged = { ...fusion, kind: "merged-attention" } as const;
  const add = { ...fusion, bridge: "add", bridgeEpsilon: 1e-5, projections: "shared" } as const;
  const preAdd = { ...add, norm: "pre" } as const;
  const scaled = { ...add, bridge: "scaled-add" } as const;
  const between = { ...add, bridge: "interpolate", projections: "each" } as const;
  const preText = { ...uncased, norm: "pre" } as const;
  const preCo = { ...co, norm: "pre" } as const;
  const preMerged = { ...merged, norm: "pre" } as const;
  const shared = { ...plain, width: 12, heads: 4, normFirst: false } as const;
  const bare = {
    kind: "words",
    vocab: 13,
    textLength: 7,
    positionOffset: 0,
    segments: 2,
    width: 12,
    dropout,
    epsilon: 1e-12,
  } as const;
  const crossing = { ...fusion, kind: "lxmert-cross" } as const;
  const preCrossing = { ...crossing, norm: "pre" } as const;
  const joint = { ...common, width: 12, heads: 4, hidden: 15, epsilon: 1e-12 } as const;
  const decoder = { ...common, heads: 3, hidden: 10, norm: "post", epsilon: 1e-12 } as const;
  const preDecoder = { ...decoder, norm: "pre" } as const;
  const narrow = {
    image: { kind: "patches", colours: colours.clip, imageSize: S, patch: 2, width: 6, dropout },
    text: { ...bare, width: 6 },
  } as const;
  return {
    flava: { kind: "flava", std: 0.02, image: plain, text: preText, fusion: { ...joint, classToken: true } },
    "meter, pre-norm": { kind: "meter", std: 0.02, image: plain, text: preText, fusion: preCo },
    "meter, pre-norm merged": { kind: "meter", std: 0.02, image: plain, text: preText, fusion: preMerged },
    "meter, co-attention": { kind: "meter", std: 0.02, image: plain, text: uncased, fusion: co },
    "meter, merged attention": { kind: "meter", std: 0.02, image: plain, text: uncased, fusion: merged },
    "meter, CLIP and RoBERTa": { kind: "meter", std: 0.02, image: clip, text: cased, fusion: co },
    "meter, LXMERT's layers": { kind: "meter", std: 0.02, image: plain, text: uncased, fusion: crossing },
    "meter, pre-norm LXMERT": { kind: "meter", std: 0.02, image: plain, text: preText, fusion: preCrossing },
    "meter, a decoder": { kind: "meter", std: 0.02, image: plain, text: uncased, fusion: co, decoder },
    "meter, merged, pre-norm decoder": {
      kind: "meter",
      std: 0.02,
      image: clip,
      text: preText,
      fusion: preMerged,
      decoder: preDecoder,
    },
    "one tower": {
      kind: "one-tower",
      std: 0.02,
      ...narrow,
      tower: { ...joint, norm: "post" },
      pooler: "double",
    },
    "one tower, one pooler": {
      kind: "one-tower",
      std: 0.02,
      image: { ...narrow.image, width: 12 },
      text: bare,
      tower: { ...joint, norm: "pre", finalNorm: "tokens" },
      pooler: "single",
    },
    "visual parsing": { kind: "visual-parsing", std: 0.02, image: plain, text: { ...uncased, ...joint } },
    vilt: { kind: "vilt", std: 0.02, image: shared, text: bare, pictures: 1 },
    "vilt, a decoder": { kind: "vilt", std: 0.02, image: shared, text: bare, pictures: 1, decoder },
    vlc: {
      kind: "vlc",
      std: 0.02,
      image: { ...shared, positions: "fixed" },
      text: bare,
      removed: 2 * dropout,
    },
    "vlmo, absolute positions": {
      kind: "vlmo",
      std: 0.02,
      image: { ...shared, positions: "learned" },
      text: bare,
      jointFrom: 1,
    },
    "vlmo, relative positions": {
      kind: "vlmo",
      std: 0.02,
      image: {
        ...shared,
        positions: "none",
        relativePositions: "each",
        projectionBias: "not-key",
        layerScale: 0.1,
        dropPath: dropout,
      },
      text: bare,
      jointFrom: 1,
    },
    "bridgetower, CLIP and RoBERTa": {
      kind: "bridgetower",
      std: 0.02,
      image: clip,
      text: cased,
      fusion: add,
    },
    "bridgetower, pre-norm": { kind: "bridgetower", std: 0.02, image: plain, text: preText, fusion: preAdd },
    "bridgetower, scaled": { kind: "bridgetower", std: 0.02, image: plain, text: uncased, fusion: scaled },
    "bridgetower, interpolated": {
      kind: "bridgetower",
      std: 0.02,
      image: clip,
      text: uncased,
      fusion: between,
    },
    "dual encoder": { kind: "dual-encoder", std: 0.02, image: plain, text: uncased },
    "dual encoder, CLIP and RoBERTa": { kind: "dual-encoder", std: 0.02, image: clip, text: cased },
  };
}
