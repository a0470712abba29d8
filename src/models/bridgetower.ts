/**
 * BridgeTower: METER's two towers and co-attention, with bridges from the towers' top layers to every fusion layer.
 * Xu et al. 2023, arXiv:2206.08657, section 3.
 * C pairs, T words, P patches, D fusion width, K fusion layers.
 */
import { fail } from "../core/errors.ts";
import { dims } from "../graph/rearrange.ts";
import type { Tensor } from "../graph/tensor.ts";
import { keepBias } from "../nn/attention.ts";
import { fixed, normal } from "../nn/init.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { repeat, type Scope } from "../nn/scope.ts";
import type { FusedState, FusionModel, ImageState, ImageTower, TextState, TextTower } from "./contracts.ts";
import { type ImageTowerConfig, imageTower, type TextTowerConfig, textTower } from "./encoders/index.ts";
import { halfKept } from "./fusions/attention-flow.ts";
import { coFlow, coLayers, type Streams, streamNorms } from "./fusions/co-attention.ts";
import type { FusionConfig } from "./fusions/contract.ts";
import { streamPoolers } from "./fusions/stream-poolers.ts";

/** The last `depth` states of each tower are read, so both towers have `depth - 1` blocks or more. */
export interface BridgeConfig extends FusionConfig {
  /** What a bridge makes of a tower's layer u and the stream x before its norm: u + x, s u + x, or (1 - s) u + s x. */
  readonly bridge: "add" | "scaled-add" | "interpolate";
  /** Of the norms in bridges and in front of the first fusion layer. */
  readonly bridgeEpsilon: number;
  /** One projection of a tower's layers to the fusion's width for all of them, or one for each. */
  readonly projections: "shared" | "each";
}

/** The three widths are free. Towers keep their width from block to block. */
export interface BridgeTowerConfig {
  readonly image: ImageTowerConfig;
  readonly text: TextTowerConfig;
  readonly fusion: BridgeConfig;
  /** Pictures that a text can be read with, one at a time: 1 when absent, 2 where statements compare two (NLVR2). */
  readonly pictures?: number | undefined;
}

/** What a fusion says, layer by layer. */
export interface BridgedState extends FusedState {
  /** A tower's layer projected and marked, f32[C,T,D] and f32[C,P,D], before its bridge. */
  readonly given: readonly Streams[];
  /** Every fusion layer's output, f32[C,T,D] and f32[C,P,D]. */
  readonly layers: readonly Streams[];
  /** How each stream attends to itself in every fusion layer, f32[C,H,T,T] and f32[C,H,P,P]. */
  readonly own: readonly Streams[];
}

/** Told which of a text's pictures it sees, from 0. */
export interface BridgeTower extends FusionModel {
  fuse(image: ImageState, text: TextState, picture?: number): BridgedState;
}

/**
 * Paths below `at`: image, text, projectPatches, projectWords, kinds, fusion.
 * @throws BifocalError when a tower has too few layers, or layers of several widths.
 */
export function bridgetower(at: Scope, c: BridgeTowerConfig): BridgeTower {
  requireLayers(c);
  const image = imageTower(at.in("image"), c.image);
  const text = textTower(at.in("text"), c.text);
  return { colours: c.image.colours, ...bridgedTowers(at, c, image, text) };
}

/** The same with towers that are declared already. */
export function bridgedTowers(
  at: Scope,
  c: Pick<BridgeTowerConfig, "fusion" | "pictures">,
  image: ImageTower,
  text: TextTower,
): Omit<BridgeTower, "colours"> {
  const { width, depth } = c.fusion;
  const projectPatches = projections(at.in("projectPatches"), image.width, c.fusion);
  const projectWords = projections(at.in("projectWords"), text.width, c.fusion);
  const kinds = at.param("kinds", [1 + (c.pictures ?? 1), width], normal(at.std), { of: "kinds" }); // row 0 marks words, 1 + i picture i
  const kind = (row: number) => kinds.slice(0, row, row + 1);
  const fusion = at.in("fusion");
  const wordBridges = bridges(fusion.in("wordBridges"), c.fusion);
  const patchBridges = bridges(fusion.in("patchBridges"), c.fusion);
  const layers = coLayers(fusion, c.fusion);
  const lastNorm = streamNorms(fusion, c.fusion);
  const pool = streamPoolers(fusion, width, image);

  return {
    widths: { image: image.width, text: text.width },
    specials: image.specials,
    fusedWidths: { words: width, pooled: 2 * width },
    encodeImage: image.encode,
    encodeText: text.encode,
    fuse: at.layer((imageState, textState, picture = 0) => {
      const bias = {
        words: keepBias(textState.keep),
        patches: imageState.keep && keepBias(imageState.keep),
      };
      const patchLayers = topOf(imageState.layers, depth, image);
      const wordLayers = topOf(textState.layers, depth, text);
      const given: Streams[] = [];
      const outputs: Streams[] = [];
      const own: Streams[] = [];
      const flow: Tensor[] = [];
      let attention = textState.words;
      for (const [i, layer] of layers.entries()) {
        const words = projectWords(i)(wordLayers[i]!).add(kind(0)); // [C, T, D]
        const patches = projectPatches(i)(patchLayers[i]!).add(kind(1 + picture)); // [C, P, D]
        const before = outputs.at(-1);
        const next = layer(
          {
            words: wordBridges[i]!(words, before?.words),
            patches: patchBridges[i]!(patches, before?.patches),
          },
          bias,
        );
        given.push({ words, patches });
        outputs.push({ words: next.words.x, patches: next.patches.x });
        own.push({ words: next.words.own, patches: next.patches.own });
        attention = next.words.weights; // [C, H, T, P]
        // A bridge is a residual branch: half of the stream, whatever share is learned.
        if (before !== undefined) flow.push(halfKept(words, patches));
        flow.push(coFlow(next));
      }
      const { words, patches } = lastNorm(outputs.at(-1)!);
      const pooled = pool(words, patches, imageState.keep);
      return { words, patches, pooled, attention, flow, given, layers: outputs, own };
    }),
  };
}

/** The projection of each fusion layer: of one parameter set, at `at` itself, or of one each. */
function projections(at: Scope, from: number, c: BridgeConfig): (layer: number) => (x: Tensor) => Tensor {
  const sizes = { from, to: c.width };
  if (c.projections === "shared") {
    const project = linear(at, sizes);
    return () => project;
  }
  const each = repeat(c.depth, (i) => linear(at.in(`${i}`), sizes));
  return (layer) => each[layer]!;
}

/** A bridge in front of every fusion layer; the first has no stream to join, and is its norm alone. */
function bridges(at: Scope, c: BridgeConfig) {
  return repeat(c.depth, (i) => {
    const own = at.in(`${i}`);
    const norm = layerNorm(own.in("norm"), c.width, c.bridgeEpsilon);
    const share =
      c.bridge === "add" || i === 0
        ? undefined
        : own.param("share", [1], fixed(c.bridge === "interpolate" ? 0.5 : 1));
    return own.layer((tower: Tensor, stream: Tensor | undefined): Tensor => {
      if (stream === undefined) return norm(tower);
      if (share === undefined) return norm(tower.add(stream));
      return c.bridge === "scaled-add"
        ? norm(tower.mul(share).add(stream))
        : norm(tower.mul(share.neg().add(1)).add(stream.mul(share)));
    });
  });
}

/** What shows in the configuration, so that recipes are refused when they are read. */
export function requireLayers({ image, text, fusion }: BridgeTowerConfig): void {
  if (image.kind !== "vit") {
    fail("config", "model.image.kind", {
      expected: "vit, whose layers are equally wide",
      got: image.kind,
      todo: "choose another tower or another model",
    });
  }
  const most = 1 + Math.min(image.depth, "depth" in text ? text.depth : 0);
  if (fusion.depth > most) {
    fail("config", "model.fusion.depth", {
      expected: `at most ${most}, a tower's blocks and its input`,
      got: `${fusion.depth}`,
      todo: "choose a deeper tower or fewer bridges",
    });
  }
}

/** The last `count` of a tower's states through its last norm: f32[C,N,width] each. */
function topOf(
  layers: readonly Tensor[],
  count: number,
  { width, norm }: ImageTower | TextTower,
): readonly Tensor[] {
  return layers.slice(-count).map((layer) => {
    dims([layer, `C N ${width}`]);
    return norm === undefined ? layer : norm(layer);
  });
}
