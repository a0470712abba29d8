import { statfsSync } from "node:fs";
import { fail } from "../core/errors.ts";

/** Sees that so many bytes fit on the disk of the folder. @throws BifocalError "backend" where they do not. */
export function requireSpace(folder: string, bytes: number, todo: string): void {
  const { bavail, bsize } = statfsSync(folder);
  const free = bavail * bsize;
  if (free < bytes)
    fail("backend", folder, { expected: `${showBytes(bytes)} free`, got: showBytes(free), todo });
}

function showBytes(bytes: number): string {
  return bytes < 1e9 ? `${Math.ceil(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
