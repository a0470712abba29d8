import { test } from "node:test";
import { parseDevice } from "#src/backends/torch/device.ts";
import { startTorch } from "#src/backends/torch/engine.ts";
import { torchBackend, torchBackendOn } from "#src/backends/torch/index.ts";
import { torchMissing } from "#src/backends/torch/torch-missing.ts";
import { conformance } from "./suite.ts";

const missing = torchMissing();
if (missing === undefined) {
  conformance(torchBackend("cpu"));
  // What a device with memory of its own does, on the CPU: numbers are copied there and back.
  conformance({
    ...torchBackendOn(startTorch(parseDevice("cpu"), false)),
    name: "torch with its own memory",
  });
} else {
  void test("torch computes as the reference", { skip: missing }, () => {});
}
