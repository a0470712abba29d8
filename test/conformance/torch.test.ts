import { test } from "node:test";
import { inMixedPrecision } from "#src/backends/mixed.ts";
import { parseDevice } from "#src/backends/torch/device.ts";
import { startTorch } from "#src/backends/torch/engine.ts";
import { torchBackend, torchBackendOn } from "#src/backends/torch/index.ts";
import { torchMissing } from "#src/backends/torch/torch-missing.ts";
import { conformance } from "./suite.ts";

// bf16 keeps 8 bits: operands and result of a product are off by up to 2^-9 of themselves each, and where summands
// cancel the error is that of the larger ones.
const bf16Tolerance = 2 ** -6;

const missing = torchMissing();
if (missing === undefined) {
  conformance(torchBackend("cpu"));
  // What a device with memory of its own does, on the CPU: numbers are copied there and back.
  conformance({
    ...torchBackendOn(startTorch(parseDevice("cpu"), false)),
    name: "torch with its own memory",
  });
  conformance({ ...inMixedPrecision(torchBackend("cpu")), name: "torch in bf16" }, {}, bf16Tolerance);
  const device = process.env.BIFOCAL_DEVICE;
  if (device !== undefined) {
    const there = torchBackend(device);
    conformance({ ...there, name: `torch on ${device}` });
    conformance({ ...inMixedPrecision(there), name: `torch on ${device} in bf16` }, {}, bf16Tolerance);
  }
} else {
  void test("torch computes as the reference", { skip: missing }, () => {});
}
