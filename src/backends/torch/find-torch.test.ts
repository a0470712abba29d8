import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseDevice, showDevice } from "./device.ts";
import { findTorch, libraryFile } from "./find-torch.ts";
import { loadTorch } from "./torch-library.ts";

/** A folder with the shape of a wheel's, its library an empty file. */
function inWheel(check: (torch: string) => void): void {
  const torch = mkdtempSync(join(tmpdir(), "torch-"));
  try {
    mkdirSync(join(torch, "lib"));
    writeFileSync(join(torch, "lib", libraryFile("torch_cpu")), "");
    check(torch);
  } finally {
    rmSync(torch, { recursive: true });
  }
}

test("a torch folder, its folder lib and an unpacked archive are found, with the version beside them", () => {
  inWheel((torch) => {
    const folder = join(torch, "lib");
    assert.deepEqual(findTorch(torch), { folder, version: undefined });
    writeFileSync(join(torch, "build-version"), "2.12.1\n");
    assert.deepEqual(findTorch(folder), { folder, version: "2.12.1" });
    writeFileSync(join(torch, "version.py"), "__version__ = '2.15.0+cpu'\n");
    assert.deepEqual(findTorch(torch), { folder, version: "2.15.0+cpu" });
  });
});

test("what is not there is refused with what to do", () => {
  assert.throws(
    () => findTorch("/nowhere/torch"),
    /BIFOCAL_TORCH=.*got no such file or folder; .*pip install/,
  );
  assert.throws(() => findTorch(tmpdir()), /got a folder without it/);
  assert.throws(() => findTorch(process.execPath), /got no torch in it/);
});

test("a library that does not load is named with the reason", () => {
  inWheel((torch) => {
    assert.throws(
      () => loadTorch(findTorch(torch)),
      /torch_cpu.*expected a library that loads, got .+; run: /,
    );
  });
});

test("devices are read and written", () => {
  assert.deepEqual(["cpu", "cuda", "cuda:3"].map(parseDevice).map(showDevice), ["cpu", "cuda:0", "cuda:3"]);
  assert.throws(() => parseDevice("cuda0"), /device cuda0: expected cpu, or cuda:0/);
});
