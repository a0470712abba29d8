import { convolution } from "./convolution.ts";
import type { OpDefinition } from "./definition.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { leaves } from "./leaves.ts";
import { normalization } from "./normalization.ts";
import { pooling } from "./pooling.ts";
import { products } from "./products.ts";
import { random } from "./random.ts";
import { reduction } from "./reduction.ts";
import { shaping } from "./shaping.ts";

/** Every op there is. Tables over `OpName` (gradients, reference kernels, lowerings) are total. */
export const ops = {
  ...leaves,
  ...elementwise,
  ...shaping,
  ...reduction,
  ...products,
  ...convolution,
  ...pooling,
  ...normalization,
  ...indexing,
  ...random,
};

/** Names every op of the tables above; adding one makes each total table ask for it. */
export type OpName = keyof typeof ops;

/** What a node of that op carries besides its inputs. */
export type AttributesOf<N extends OpName> = (typeof ops)[N] extends OpDefinition<infer A> ? A : never;

/** The definition of an op with its attribute type forgotten, for code that treats all ops alike. */
export function definitionOf<N extends OpName>(name: N): OpDefinition<AttributesOf<N>> {
  return ops[name] as unknown as OpDefinition<AttributesOf<N>>;
}
