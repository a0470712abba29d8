import { graphOf } from "../graph/graph.ts";
import { apply, full, type Tensor } from "../graph/tensor.ts";
import type { FusionModel, ImageState, TextState } from "../models/contracts.ts";

/** Towers' states of pairs by name, f32, without the text's mask: "image.patches", "text.layers.2". */
export type NamedStates = Readonly<Record<string, Tensor>>;

/** Names what a fusion may read. */
export function namedStates(image: ImageState, text: TextState): NamedStates {
  const layers = (tower: string, all: readonly Tensor[]) =>
    all.map((layer, i) => [`${tower}.layers.${i}`, layer] as const);
  return Object.fromEntries([
    ["image.patches", image.patches],
    ["image.pooled", image.pooled],
    ...(image.keep ? [["image.keep", image.keep.cast("f32")] as const] : []),
    ["text.words", text.words],
    ["text.pooled", text.pooled],
    ...layers("image", image.layers),
    ...layers("text", text.layers),
  ]);
}

/** Undoes `namedStates`; attention weights are of no use to a fusion and are not there. */
export function statesOf(named: NamedStates, keep: Tensor): { image: ImageState; text: TextState } {
  const unread = full(0);
  const tower = (name: string) => ({
    pooled: named[`${name}.pooled`] ?? unread,
    layers: Object.keys(named)
      .filter((key) => key.startsWith(`${name}.layers.`))
      .map((_, i) => named[`${name}.layers.${i}`]!),
    attention: [],
  });
  return {
    image: {
      ...tower("image"),
      patches: named["image.patches"] ?? unread,
      ...(named["image.keep"] && { keep: named["image.keep"].less(0.5).not() }),
    },
    text: { ...tower("text"), words: named["text.words"] ?? unread, keep },
  };
}

/** The names of the states that a model's fusion reads for its summary, of these; called while a graph is traced. */
export function statesRead(model: FusionModel, states: NamedStates, keep: Tensor): Set<string> {
  const input = (name: string, { dtype, shape }: Tensor) => apply("input", { name, type: { dtype, shape } });
  const stand = Object.entries(states).map(([name, state]) => [name, input(name, state)] as const);
  const { image, text } = statesOf(Object.fromEntries(stand), input("keep", keep));
  const { pooled } = model.fuse(image, text);
  return new Set(Object.keys(graphOf({ pooled }).inputs));
}
