import { fail } from "../core/errors.ts";
import type { Backend } from "./backend.ts";

/** Names of backends users can choose from; the first is what they get without a choice. */
export const backendNames = ["onnx", "torch"] as const;

/** What users choose; `device` is "cpu", "cuda:0" ... */
export interface BackendChoice {
  readonly backend: (typeof backendNames)[number];
  readonly device: string;
}

/**
 * The backend of a choice.
 *
 * @throws BifocalError "config" for combinations there are not, "backend" where a library or device is missing.
 */
export async function chooseBackend({ backend, device }: BackendChoice): Promise<Backend> {
  if (backend === "torch") {
    const { torchBackend } = await import("./torch/index.ts");
    return torchBackend(device);
  }
  if (device !== "cpu") {
    fail("config", `--device ${device}`, {
      expected: "cpu, the only device of --backend onnx",
      todo: "add --backend torch",
    });
  }
  return (await import("./onnx/index.ts")).onnxBackend;
}
