import type { Command } from "commander";
import type { Backend } from "../backends/backend.ts";
import { choiceOption } from "./verb.ts";

/** What computes, as it stands on the command line. */
export interface BackendFlags {
  readonly backend: string;
  readonly device: string;
  readonly precision: string;
}

/** Adds the options of what computes to a verb. */
export function withBackend(verb: Command): Command {
  return verb
    .option(
      "--backend <name>",
      "what computes: onnx (ONNX Runtime) or torch (libtorch, where PyTorch is)",
      "onnx",
    )
    .option("--device <name>", "where: cpu; with --backend torch also cuda:0", "cpu")
    .option("--precision <dtype>", "of products and attention: f32; with --backend torch also bf16", "f32");
}

/** The backend of the flags. @throws BifocalError where a choice is not known, not possible or not here. */
export async function backendOf(flags: BackendFlags): Promise<Backend> {
  const { backendNames, chooseBackend, precisions } = await import("../backends/choose.ts");
  return chooseBackend({
    backend: choiceOption("--backend", flags.backend, backendNames),
    device: flags.device,
    precision: choiceOption("--precision", flags.precision, precisions),
  });
}
