import { assert } from "../../../core/errors.ts";
import type { leaves } from "../../../graph/ops/leaves.ts";
import { type Data, type Kernels, working } from "./kernel.ts";

function bound(): Data[] {
  assert(false, "inputs and parameters are bound, not computed");
}

/** Only constants are computed: the others are bound before a run. */
export const leavesKernels: Kernels<keyof typeof leaves> = {
  input: bound,
  parameter: bound,
  constant: ({ attributes: { type, data } }) => [working(type.dtype, data)],
};
