/**
 * DALL-E's encoder: a convolutional network that makes every 8 by 8 pixels one of some thousand codes, words for
 * pictures. Ramesh et al. 2021, arXiv:2102.12092, section 2.1 and appendix A; frozen in FLAVA and BEiT, for which hidden
 * patches are to be guessed by their code.
 * B pictures of Y by X pixels, C channels, V codes.
 */
import { dims } from "../graph/rearrange.ts";
import { apply, type Tensor } from "../graph/tensor.ts";
import { convolution } from "../nn/convolution.ts";
import { repeat, type Scope } from "../nn/scope.ts";

/** The published one: width 256, blocks 2, codes 8192, gain 1 / 64. */
export interface DallEConfig {
  /** Channels of the first group; the others have 2, 4 and 8 times as many. */
  readonly width: number;
  /** In each of the four groups. */
  readonly blocks: number;
  readonly codes: number;
  /** Factor on every residual branch: 1 / (number of blocks)^2. */
  readonly gain: number;
}

/** Pixels f32[B,3,Y,X] between 0.1 and 0.9 to logits f32[B,V,floor(Y / 8),floor(X / 8)]: the largest names the code. */
export function dallE(at: Scope, c: DallEConfig) {
  const input = sameSize(at.in("input"), 3, c.width, 7);
  const groups = repeat(4, (group) => {
    const to = c.width * 2 ** group;
    return repeat(c.blocks, (i) => {
      const from = i > 0 || group === 0 ? to : to / 2;
      return residualBlock(at.in(`groups.${group}.${i}`), from, to, c.gain);
    });
  });
  const output = sameSize(at.in("output"), 8 * c.width, c.codes, 1);

  return at.layer((pixels: Tensor): Tensor => {
    dims([pixels, "B 3 Y X"]);
    let x = input(pixels);
    for (const [group, blocks] of groups.entries()) {
      x = blocks.reduce((y, block) => block(y), x);
      if (group < 3) x = apply("maxPool2d", { size: 2, stride: 2, padding: 0 }, x);
    }
    return output(x.relu());
  });
}

/** Three 3 x 3 convolutions with a quarter of the channels and one 1 x 1, a relu in front of each. */
function residualBlock(at: Scope, from: number, to: number, gain: number) {
  const inner = Math.floor(to / 4);
  const branch = [
    sameSize(at.in("branch.0"), from, inner, 3),
    sameSize(at.in("branch.1"), inner, inner, 3),
    sameSize(at.in("branch.2"), inner, inner, 3),
    sameSize(at.in("branch.3"), inner, to, 1),
  ];
  const around = from === to ? (x: Tensor) => x : sameSize(at.in("around"), from, to, 1);
  return at.layer((x: Tensor): Tensor => {
    const y = branch.reduce((z, convolve) => convolve(z.relu()), x);
    return around(x).add(y.mul(gain));
  });
}

function sameSize(at: Scope, from: number, to: number, kernel: number) {
  return convolution(at, { from, to, kernel, stride: 1, padding: (kernel - 1) / 2, bias: true });
}
