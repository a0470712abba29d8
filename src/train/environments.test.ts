import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Environment } from "../backends/backend.ts";
import { inMixedPrecision } from "../backends/mixed.ts";
import { referenceBackend } from "../backends/reference/index.ts";
import { createRunFolder, environmentPath } from "../files/run-folder.ts";
import { environmentsOf, recordEnvironment, showEnvironments } from "./environments.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-environments-"));
test.after(() => rmSync(folder, { recursive: true }));

const here: Environment = {
  backend: "onnx",
  library: "ONNX Runtime 1.30.0",
  device: "cpu",
  precision: "f32",
};
const there: Environment = {
  backend: "torch",
  library: "libtorch 2.15.0",
  device: "cuda:0",
  precision: "bf16",
};

/** What the work writes to standard error. */
async function said(work: () => Promise<unknown>): Promise<string> {
  const { write } = process.stderr;
  const lines: string[] = [];
  process.stderr.write = (text: string | Uint8Array) => lines.push(String(text)) > 0;
  try {
    await work();
  } finally {
    process.stderr.write = write;
  }
  return lines.join("");
}

test("a run says what computed which of its steps, and tells where that changes", async () => {
  const run = await createRunFolder(join(folder, "run"), {});
  const enter = (done: number, environment: Environment) =>
    said(() => recordEnvironment(run, done, environment));
  assert.equal(await enter(0, here), "");
  assert.equal(await enter(20, here), "");
  assert.deepEqual(await environmentsOf(run), [{ fromStep: 0, ...here }]);
  assert.match(
    await enter(20, there),
    /after step 20.*\n {2}backend: "onnx" in the run, "torch" given\n {2}library.*\n {2}device: .*"cuda:0" given\n {2}precision: "f32" in the run, "bf16" given\n$/,
  );
  assert.equal(
    showEnvironments(await environmentsOf(run)),
    "onnx (ONNX Runtime 1.30.0) on cpu in f32, from step 21 torch (libtorch 2.15.0) on cuda:0 in bf16",
  );
  // Killed before its next checkpoint: those steps are computed again, this time as before.
  assert.equal(await enter(20, here), "");
  assert.deepEqual(await environmentsOf(run), [{ fromStep: 0, ...here }]);
  await run.release();
});

test("a damaged record is refused by name", async () => {
  const run = await createRunFolder(join(folder, "damaged"), {});
  await recordEnvironment(run, 0, here);
  writeFileSync(environmentPath(run), readFileSync(environmentPath(run), "utf8").replace("fromStep", "from"));
  await assert.rejects(environmentsOf(run), /environment\.json.*expected fromStep/);
  writeFileSync(environmentPath(run), "{}\n");
  await assert.rejects(environmentsOf(run), /environment\.json.*expected fromStep/);
  await run.release();
});

test("a backend in bf16 says so", () => {
  assert.equal(referenceBackend.environment.precision, "f32");
  assert.deepEqual(inMixedPrecision(referenceBackend).environment, {
    ...referenceBackend.environment,
    precision: "bf16",
  });
});
