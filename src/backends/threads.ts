import { availableParallelism } from "node:os";
import { fail } from "../core/errors.ts";

/** Threads that compute: BIFOCAL_THREADS, else the cores this process may use. @throws BifocalError "config" for another value. */
export function threads(): number {
  const wanted = process.env.BIFOCAL_THREADS;
  if (wanted === undefined) return availableParallelism();
  if (/^[1-9]\d{0,3}$/.test(wanted)) return Number(wanted);
  return fail("config", "BIFOCAL_THREADS", {
    expected: "a whole number from 1",
    got: JSON.stringify(wanted),
  });
}
