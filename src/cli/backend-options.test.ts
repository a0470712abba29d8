import assert from "node:assert/strict";
import { test } from "node:test";
import { backendOf } from "./backend-options.ts";

const flags = { backend: "onnx", device: "cpu", precision: "f32" };

test("without a choice ONNX Runtime computes on the CPU", async () => {
  assert.equal((await backendOf(flags)).name, "onnx");
});

test("unknown backends and devices a backend does not have are refused with what to do", async () => {
  await assert.rejects(backendOf({ ...flags, backend: "tf" }), /--backend: expected onnx, torch, got tf/);
  await assert.rejects(
    backendOf({ ...flags, device: "cuda:0" }),
    /--device cuda:0: expected cpu, the only device of --backend onnx; add --backend torch/,
  );
  await assert.rejects(
    backendOf({ ...flags, precision: "bf16" }),
    /--precision bf16: expected f32: --backend onnx has no bf16; add --backend torch/,
  );
  await assert.rejects(backendOf({ ...flags, precision: "f16" }), /--precision: expected f32, bf16, got f16/);
  await assert.rejects(
    backendOf({ ...flags, backend: "torch", device: "gpu" }),
    /device gpu: expected cpu, or cuda:0/,
  );
});
