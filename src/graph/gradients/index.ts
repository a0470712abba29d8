import type { OpName } from "../ops/index.ts";
import { elementwiseGradients } from "./elementwise.ts";
import { numericGradients } from "./numeric.ts";
import type { Rules } from "./rule.ts";
import { structureGradients } from "./structure.ts";
import { windowGradients } from "./windows.ts";

/** The gradient of every op; the type makes the compiler name an op that lacks one. */
export const gradientRules: Rules<OpName> = {
  ...elementwiseGradients,
  ...structureGradients,
  ...numericGradients,
  ...windowGradients,
};
