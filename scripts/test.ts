/**
 * Runs the compiled tests with Node's own runner. Words after `npm test --` keep the files whose path contains one:
 * `npm test -- src/core imports`.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { posix } from "node:path";

// The sources are listed, not the output, so a stale compiled test is never run.
const compiled = { src: "dist", test: "build/test" };
const words = process.argv.slice(2).map((word) => word.replaceAll("\\", "/"));

const files = Object.entries(compiled).flatMap(([folder, output]) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(".test.ts"))
    .filter((name) => words.length === 0 || words.some((word) => `${folder}/${name}`.includes(word)))
    .sort()
    .map((name) => posix.join(output, name.replace(/\.ts$/, ".js"))),
);

if (files.length === 0) {
  console.error(`test: no test file's path contains ${words.map((word) => `"${word}"`).join(" or ")}`);
  process.exit(2);
}
const options = ["--test", "--enable-source-maps", "--test-concurrency=2", "--test-reporter=spec"];
process.exit(spawnSync(process.execPath, [...options, ...files], { stdio: "inherit" }).status ?? 1);
