/** Codes of pictures for patches that are to be guessed by them (BEiT: Bao et al. 2022, arXiv:2106.08254, section 2.1). */
import { resize } from "../../graph/resize.ts";
import type { Tensor } from "../../graph/tensor.ts";
import { buildCodebook, type CodebookConfig } from "../../models/index.ts";
import type { Scope } from "../../nn/scope.ts";
import type { Sizes } from "../task.ts";

/** Side of what a code stands for, in pixels: pictures are resized so that each patch gets one. */
const codeSide = 8;

/** u8[B,S,S,3] to i32[B*N], patch by patch. Its numbers are buffers: nothing here learns. */
export function codebook(at: Scope, c: CodebookConfig, { imageSize, patch }: Sizes) {
  const encode = buildCodebook(fixed(at), c);
  const side = Math.floor(imageSize / patch) * codeSide;
  return at.layer((image: Tensor): Tensor => {
    const values = image.cast("f32").mul(1 / 255);
    // Between 0.1 and 0.9, as the network was trained to paint them.
    const pixels = resize(values, side, side, "smooth").mul(0.8).add(0.1).transpose([0, 3, 1, 2]);
    return encode(pixels).reshape([-1]);
  });
}

/** Declares every parameter below as a buffer. */
function fixed(at: Scope): Scope {
  return { ...at, in: (name) => fixed(at.in(name)), param: at.buffer };
}
