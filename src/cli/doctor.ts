import type { Check } from "./checks.ts";
import { printResult, table, verb } from "./verb.ts";

/** `bifocal doctor` */
export const doctor = verb("doctor", "what this machine has, what is missing and what to do", [
  "doctor",
  "doctor --json",
]).action(async ({ json }: { json?: boolean }) => {
  const { checkMachine } = await import("./checks.ts");
  const checks = await checkMachine();
  const ok = checks.every((check) => check.ok || !check.necessary);
  printResult(json, { ok, checks }, [...table(checks.map(row)), ...todos(checks)]);
  if (!ok) process.exitCode = 1;
});

function row({ name, ok, necessary, found }: Check): string[] {
  return [ok ? "ok" : necessary ? "MISSING" : "missing", name, found];
}

function todos(checks: readonly Check[]): string[] {
  const missing = checks.filter(({ ok }) => !ok);
  return missing.length === 0
    ? ["all is here"]
    : ["", ...missing.map(({ name, todo }) => `${name}: ${todo}`)];
}
