import { concat, type Tensor } from "../graph/tensor.ts";
import { attention } from "./attention.ts";
import { type BlockConfig, type BlockOutput, feedForward, residual } from "./block.ts";
import { fixed } from "./init.ts";
import type { Scope } from "./scope.ts";

/** One attention for all tokens; who feeds them forward depends on what they are. Biases as in `attention`. */
export interface ExpertBlock {
  words(x: Tensor, bias?: Tensor): BlockOutput;
  patches(x: Tensor, bias?: Tensor): BlockOutput;
  /** The joint expert alone, on words or patches or both; absent in blocks without one. */
  readonly joint: ((x: Tensor, bias?: Tensor) => BlockOutput) | undefined;
  /** `count` words, then patches: by the joint expert where there is one, else each by its own. */
  pair(x: Tensor, count: number, bias?: Tensor): BlockOutput;
}

/** Where the experts of words and, in the upper blocks, of both together declare theirs. */
export interface ExpertScopes {
  readonly words: Scope;
  readonly joint: Scope | undefined;
}

/**
 * A pre-norm block with a mixture of modality experts (Bao et al. 2022, VLMo, arXiv:2111.02358, section 3). Attention,
 * the patches' expert and the factors of LayerScale lie under `at`, by the names that a block of a vision transformer
 * gives them; an expert is a norm and a feed-forward layer.
 */
export function expertBlock(at: Scope, c: Omit<BlockConfig, "norm">, scopes: ExpertScopes): ExpertBlock {
  const config = { ...c, norm: "pre" } as const;
  const attend = attention(at.in("attention"), config);
  const attentionBranch = residual(at, "attention", config);
  const scale =
    c.layerScale === undefined ? undefined : at.param("feedScale", [c.width], fixed(c.layerScale));

  const expert = (scope: Scope) => {
    const feed = feedForward(scope.in("feed"), config);
    const branch = residual(scope, "feed", { ...config, layerScale: undefined });
    const scaled = (normed: Tensor) => (scale === undefined ? feed(normed) : feed(normed).mul(scale));
    return scope.layer((x: Tensor) => branch(x, scaled));
  };
  const ofPatches = expert(at);
  const ofWords = expert(scopes.words);
  const ofBoth = scopes.joint && expert(scopes.joint);

  const block = (feed: (x: Tensor) => Tensor) =>
    at.layer((input: Tensor, bias?: Tensor): BlockOutput => {
      let weights = input;
      const x = attentionBranch(input, (normed) => {
        const mixed = attend(normed, normed, bias);
        weights = mixed.weights;
        return mixed.output;
      });
      return { x: feed(x), weights };
    });
  const apart = (count: number) => (x: Tensor) =>
    concat([ofWords(x.slice(1, 0, count)), ofPatches(x.slice(1, count, x.shape[1]!))], 1);

  return {
    words: block(ofWords),
    patches: block(ofPatches),
    joint: ofBoth && block(ofBoth),
    pair: (x, count, bias) => block(ofBoth ?? apart(count))(x, bias),
  };
}
