import type { OpName } from "../../../graph/ops/index.ts";
import { convolutionKernels } from "./convolution.ts";
import { elementwiseKernels } from "./elementwise.ts";
import { indexingKernels } from "./indexing.ts";
import type { Kernels } from "./kernel.ts";
import { leavesKernels } from "./leaves.ts";
import { normalizationKernels } from "./normalization.ts";
import { poolingKernels } from "./pooling.ts";
import { productsKernels } from "./products.ts";
import { randomKernels } from "./random.ts";
import { reductionKernels } from "./reduction.ts";
import { shapingKernels } from "./shaping.ts";

/** The meaning of every op; the type makes the compiler name an op that lacks one. */
export const kernels: Kernels<OpName> = {
  ...leavesKernels,
  ...elementwiseKernels,
  ...shapingKernels,
  ...reductionKernels,
  ...productsKernels,
  ...convolutionKernels,
  ...poolingKernels,
  ...normalizationKernels,
  ...indexingKernels,
  ...randomKernels,
};
