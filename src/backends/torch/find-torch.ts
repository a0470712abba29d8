/** Where libtorch is: the shared libraries that PyTorch's wheels and the libtorch archive both hold in a folder "lib". */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fail } from "../../core/errors.ts";

/** A libtorch on this machine. */
export interface TorchPlace {
  /** Folder of the shared libraries. */
  readonly folder: string;
  /** "2.15.0+cu132" where the wheel says so; the library itself knows only its release. */
  readonly version: string | undefined;
}

/** The command that brings libtorch onto a machine without one. */
export const installTorch = "python3 -m pip install torch";

const extensions: Readonly<Record<string, string>> = { linux: "so", darwin: "dylib" };

/** File name of a shared library of libtorch here. @throws BifocalError "backend" on other systems than Linux and macOS. */
export function libraryFile(name: string): string {
  const extension = extensions[process.platform];
  if (extension === undefined) {
    fail("backend", "torch", {
      expected: "Linux or macOS",
      got: process.platform,
      todo: "use --backend onnx",
    });
  }
  return `lib${name}.${extension}`;
}

/**
 * The libtorch that the environment variable BIFOCAL_TORCH names (a Python, a folder of torch or its folder lib), else
 * the torch of the Python on the path.
 *
 * @throws BifocalError "backend" where there is none.
 */
export function findTorch(named: string | undefined = process.env.BIFOCAL_TORCH): TorchPlace {
  if (named === undefined || named === "") {
    const found = ["python3", "python"].map(torchOfPython).find((folder) => folder !== undefined);
    return (
      placeIn(found) ??
      fail("backend", "torch", {
        expected: "libtorch, as BIFOCAL_TORCH or as the torch of a Python on the path",
        got: "neither",
        todo: `run: ${installTorch}`,
      })
    );
  }
  const isFile = statSync(named, { throwIfNoEntry: false })?.isFile() ?? false;
  return (
    placeIn(isFile ? torchOfPython(named) : named) ??
    fail("backend", `BIFOCAL_TORCH=${named}`, {
      expected: `a Python that has torch, a torch folder or the folder of ${libraryFile("torch_cpu")}`,
      got: isFile ? "no torch in it" : existsSync(named) ? "a folder without it" : "no such file or folder",
      todo: `correct it, or run: ${installTorch}`,
    })
  );
}

function placeIn(folder: string | undefined): TorchPlace | undefined {
  if (folder === undefined) return undefined;
  const libraries = [join(folder, "lib"), folder].find((candidate) =>
    existsSync(join(candidate, libraryFile("torch_cpu"))),
  );
  return libraries === undefined ? undefined : { folder: libraries, version: versionBeside(libraries) };
}

/** The folder of a Python's torch, without importing it, which takes seconds. */
function torchOfPython(python: string): string | undefined {
  const script =
    "import importlib.util as u\ns = u.find_spec('torch')\nif s and s.origin: print(s.origin, end='')";
  const { status, stdout } = spawnSync(python, ["-c", script], { encoding: "utf8", timeout: 30_000 });
  return status === 0 && stdout !== "" ? dirname(stdout) : undefined;
}

function versionBeside(libraries: string): string | undefined {
  const [wheel, archive] = ["version.py", "build-version"].map((file) => join(dirname(libraries), file));
  if (existsSync(wheel!)) return /^__version__ = '([^']+)'/m.exec(readFileSync(wheel!, "utf8"))?.[1];
  return existsSync(archive!) ? readFileSync(archive!, "utf8").trim() : undefined;
}
