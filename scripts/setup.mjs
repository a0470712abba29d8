/**
 * Brings node_modules and the compiled output up to date, and does nothing where they are.
 * Every npm script starts with it, because .npmrc turns npm's own pre and post scripts off.
 * Plain JavaScript: it runs before TypeScript is installed.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

process.chdir(fileURLToPath(new URL("..", import.meta.url)));

if (!installed()) {
  const npm = process.env.npm_execpath;
  if (npm === undefined) stop("packages are not installed; run `npm run setup`", 2);
  console.log("setup: installing the packages of package-lock.json");
  node(npm, "ci", "--no-audit", "--no-fund");
  if (!installed())
    stop("package-lock.json and package.json disagree; run `npm install` and commit the lock", 1);
}
node(join("node_modules", "typescript", "bin", "tsc"), "--build", "test");
removeOrphans("dist", "src");
removeOrphans("build", ".");

/** npm keeps its own lock of what it installed; only optional packages (of other platforms) may lack there. */
function installed() {
  const present = packagesOf(join("node_modules", ".package-lock.json"));
  return Object.entries(packagesOf("package-lock.json")).every(
    ([path, entry]) => path === "" || entry.optional || present[path]?.integrity === entry.integrity,
  );
}

function packagesOf(lock) {
  return existsSync(lock) ? JSON.parse(readFileSync(lock, "utf8")).packages : {};
}

/** The compiler leaves the output of a deleted or renamed source behind, where tests and packages would pick it up. */
function removeOrphans(output, source) {
  for (const file of readdirSync(output, { recursive: true })) {
    const stem = /^(.*)\.(js|js\.map|d\.ts)$/.exec(file)?.[1];
    if (stem !== undefined && !existsSync(join(source, `${stem}.ts`))) rmSync(join(output, file));
  }
}

function node(...command) {
  const { status, error } = spawnSync(process.execPath, command, { stdio: "inherit" });
  if (status !== 0) stop(error?.message, 1);
}

function stop(message, code) {
  if (message !== undefined) console.error(`setup: ${message}`);
  process.exit(code);
}
