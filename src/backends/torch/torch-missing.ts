import { findTorch } from "./find-torch.ts";

/** Why there is no libtorch here, in a sentence; undefined where there is one. */
export function torchMissing(): string | undefined {
  try {
    findTorch();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
