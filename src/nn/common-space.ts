import type { Tensor } from "../graph/tensor.ts";
import { fixed } from "./init.ts";
import { linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

/** `image` and `text` are the widths of the summaries, `width` is E, that of the space. */
export interface CommonSpaceConfig {
  readonly image: number;
  readonly text: number;
  readonly width: number;
  /** Of the projections; CLIP has none. */
  readonly bias: boolean;
}

/** Where pictures and texts are compared. */
export interface CommonSpace {
  /** f32[B,image] and f32[C,text] to f32[...,E], of any length. */
  image(pooled: Tensor): Tensor;
  text(pooled: Tensor): Tensor;
  /** Unit vectors f32[B,E] and f32[C,E] to f32[B,C]: their products times exp(scale). */
  similarities(image: Tensor, text: Tensor, scale?: Tensor): Tensor;
  /** f32[1]: the logarithm of the factor, 1 / temperature; at first the temperature is 0.07. */
  readonly scale: Tensor;
}

/** A linear projection for each modality and a learned temperature (Radford et al. 2021, CLIP, arXiv:2103.00020, figure 3). */
export function commonSpace(at: Scope, { image, text, width, bias }: CommonSpaceConfig): CommonSpace {
  const projectImage = linear(at.in("image"), { from: image, to: width, bias });
  const projectText = linear(at.in("text"), { from: text, to: width, bias });
  const logScale = at.param("logScale", [1], fixed(Math.log(1 / 0.07)));
  return {
    image: projectImage,
    text: projectText,
    similarities: at.layer((images, texts, scale = logScale) =>
      images.matmul(texts, { transB: true }).mul(scale.exp()),
    ),
    scale: logScale,
  };
}
