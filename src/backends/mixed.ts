import { fail } from "../core/errors.ts";
import { mixedPrecision } from "../graph/passes/mixed-precision.ts";
import type { Backend } from "./backend.ts";

/** The backend with products in bf16: every graph goes through the pass. @throws BifocalError "config" where it has no bf16. */
export function inMixedPrecision(backend: Backend): Backend {
  if (!backend.hasBf16) {
    fail("config", "--precision bf16", {
      expected: `f32: --backend ${backend.name} has no bf16`,
      todo: "add --backend torch",
    });
  }
  return {
    ...backend,
    environment: { ...backend.environment, precision: "bf16" },
    compile: (graph) => backend.compile(mixedPrecision(graph)),
  };
}
