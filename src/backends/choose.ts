import { fail } from "../core/errors.ts";
import type { Backend } from "./backend.ts";
import { inMixedPrecision } from "./mixed.ts";

/** Names of backends users can choose from; the first is what they get without a choice. */
export const backendNames = ["onnx", "torch"] as const;
/** Precisions of products and attention; all else is f32. */
export const precisions = ["f32", "bf16"] as const;

/** What users choose; `device` is "cpu", "cuda:0" ... */
export interface BackendChoice {
  readonly backend: (typeof backendNames)[number];
  readonly device: string;
  readonly precision: (typeof precisions)[number];
}

/**
 * The backend of a choice.
 *
 * @throws BifocalError "config" for combinations there are not, "backend" where a library or device is missing.
 */
export async function chooseBackend({ backend, device, precision }: BackendChoice): Promise<Backend> {
  if (backend === "torch") {
    const { torchBackend } = await import("./torch/index.ts");
    return inPrecision(torchBackend(device), precision);
  }
  if (device !== "cpu") {
    fail("config", `--device ${device}`, {
      expected: "cpu, the only device of --backend onnx",
      todo: "add --backend torch",
    });
  }
  const { onnxBackend } = await import("./onnx/index.ts");
  return inPrecision(onnxBackend, precision);
}

const inPrecision = (backend: Backend, precision: BackendChoice["precision"]): Backend =>
  precision === "bf16" ? inMixedPrecision(backend) : backend;
