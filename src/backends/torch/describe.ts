import type { TorchDevice } from "./device.ts";
import { startTorch } from "./engine.ts";

const firstCuda: TorchDevice = { type: "cuda", index: 0 };

/**
 * Version, devices and folder of the libtorch here, and why there is no CUDA device, in a line.
 *
 * @throws BifocalError "backend" where there is none or it does not work.
 */
export function describeTorch(): string {
  const { library, threads } = startTorch({ type: "cpu", index: -1 });
  const { place, release } = library;
  return [place.version ?? release, `cpu with ${threads()} threads`, cudaHere(), place.folder].join(", ");
}

function cudaHere(): string {
  try {
    startTorch(firstCuda);
    return "cuda:0";
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `no cuda:0 (${reason.split(/[.;]/)[0]})`;
  }
}
