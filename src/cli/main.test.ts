import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { catalogue } from "../recipes/catalogue.ts";
import { problemOf } from "./problem.ts";
import { verbs } from "./verbs.ts";

const main = fileURLToPath(new URL("./main.js", import.meta.url));

function bifocal(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], { encoding: "utf8" });
  return { status, stdout, stderr };
}

/** Runs a command that the user got wrong and returns its message. */
function refused(...words: string[]): string {
  const { status, stdout, stderr } = bifocal(...words);
  assert.deepEqual([status, stdout], [2, ""], `${words.join(" ")}: ${stderr}`);
  return stderr;
}

test("the help names every verb, and every verb has a description and examples", () => {
  const { status, stdout, stderr } = bifocal("--help");
  assert.deepEqual([status, stderr], [0, ""]);
  for (const verb of verbs) {
    assert.match(stdout, new RegExp(`^  ${verb.name()} .*${verb.description()}$`, "m"));
    const help = bifocal(verb.name(), "--help");
    assert.deepEqual([help.status, help.stderr], [0, ""]);
    assert.match(help.stdout, new RegExp(`^Usage: bifocal ${verb.name()} `));
    assert.match(help.stdout, new RegExp(`^Examples:\n  \\$ bifocal ${verb.name()}`, "m"));
    assert.match(help.stdout, /--json/);
    for (const part of verb.commands) {
      const partHelp = bifocal(verb.name(), part.name(), "--help").stdout;
      assert.match(partHelp, new RegExp(`^Usage: bifocal ${verb.name()} ${part.name()} `));
      assert.match(partHelp, new RegExp(`^Examples:\n  \\$ bifocal ${verb.name()} ${part.name()}`, "m"));
      assert.match(partHelp, /--json/);
    }
  }
  assert.match(bifocal("--version").stdout, /^\d+\.\d+\.\d+\n$/);
});

test("the examples of the help use options that there are", () => {
  for (const verb of verbs.flatMap((verb) => [verb, ...verb.commands])) {
    let help = "";
    verb.copyInheritedSettings(verb).configureOutput({
      writeOut: (text) => {
        help += text;
      },
    });
    verb.outputHelp();
    const [, examples = ""] = /^Examples:\n((?: {2}.*\n)*)/m.exec(help) ?? [];
    // Examples of a verb above others are theirs, and launch starts another one.
    if (verb.commands.length > 0 || verb.name() === "launch") continue;
    const known = verb.options.map(({ long }) => long);
    assert.notEqual(examples, "", verb.name());
    for (const [option] of examples.matchAll(/--[a-z][a-z-]*/g)) {
      assert.ok(known.includes(option), `${verb.name()}: ${option}`);
    }
  }
});

test("no verb, unknown verbs, options, kinds and recipes are refused with the nearest name", () => {
  assert.match(refused(), /Usage: bifocal [\s\S]*error: bifocal: got no verb/);
  assert.match(
    refused("trian"),
    /^error: bifocal: expected one of the verbs .*, got trian; did you mean train\?/,
  );
  assert.match(
    refused("train", "x", "--step", "3"),
    /^error: bifocal train: .* got --step; did you mean --steps\?/,
  );
  assert.match(refused("data", "chekc"), /^error: bifocal data: .* list, check.*; did you mean check\?/);
  assert.match(
    refused("data", "check", "a", "b", "--splt", "x"),
    /^error: bifocal data check: .* got --splt; did you mean --split\?/,
  );
  assert.match(refused("predict", "x", "--text", "a"), /expected --image or --csv/);
  assert.match(refused("predict", "x", "--csv", "a.csv"), /expected --out FILE/);
  assert.match(refused("predict", "x", "--csv", "a.csv", "--image", "b.png"), /give one of them/);
  assert.match(refused("--verion"), /did you mean --version\?/);
  assert.match(refused("train"), /^error: bifocal train: got missing required argument 'recipe'; see/);
  assert.match(
    refused("list", "objective"),
    /expected one of models, .*, got objective; did you mean objectives\?/,
  );
  assert.match(refused("list", "models", "more"), /too many arguments/);
  assert.match(refused("train", "metertiny"), /^error: recipe metertiny: .* did you mean meter-tiny\?/);
  assert.match(refused("train", "nowhere.yaml"), /^error: recipe nowhere\.yaml: .* got no such file$/m);
});

test("all problems of a configuration come at once, and nothing is run", () => {
  const changes = ["train.optimizer.lrr=1", "model.fusion.kind=coattention", "--set", "train.batch=many"];
  const text = refused("train", "meter-tiny", ...changes, "--steps", "0");
  assert.deepEqual(text.split("\n").slice(0, 5), [
    "error: meter-tiny with settings: got 4 problems",
    '  model.fusion.kind: expected one of co-attention, merged-attention, lxmert-cross, got "coattention"; did you mean co-attention?',
    "  train.steps: expected more than 0, got 0",
    '  train.batch: expected a number, got "many"',
    "  train.optimizer.lrr: expected one of lr, beta1, beta2, epsilon, weightDecay, clip, got an unknown key; did you mean lr?",
  ]);
});

test("a recipe file is checked by the same schema", () => {
  const folder = mkdtempSync(join(tmpdir(), "bifocal-recipe-"));
  const path = join(folder, "recipe.yaml");
  const refusal = (text: string) => {
    writeFileSync(path, text);
    return refused("train", path).replaceAll(path, "FILE");
  };
  assert.match(refusal("- 1\n"), /^error: FILE: expected an object, got \[1\]$/m);
  assert.match(refusal("a: [1\n"), /^error: FILE: expected JSON or YAML, got /);
  assert.match(
    refusal("name: x\ntask: {kind: vqe}\n"),
    /^ {2}task\.kind: .* got "vqe"; did you mean vqa\?$/m,
  );
  rmSync(folder, { recursive: true });
});

test("list prints one line a name, or one JSON object", () => {
  const lines = bifocal("list", "objectives").stdout.trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => line.split(" ")[0]),
    catalogue.objectives.map(({ name }) => name),
  );
  const { stdout, stderr } = bifocal("list", "fusions", "--json");
  assert.deepEqual([JSON.parse(stdout), stderr], [{ kind: "fusions", items: catalogue.fusions }, ""]);
});

test("with --json a problem is one object on standard output, its fields apart", () => {
  const { status, stdout, stderr } = bifocal("train", "metertiny", "--json");
  assert.deepEqual([status, stderr], [2, ""]);
  const { error } = JSON.parse(stdout) as { error: Record<string, string> };
  assert.deepEqual(Object.keys(error), ["code", "where", "expected", "got", "todo"]);
  assert.deepEqual([error.code, error.todo], ["usage", "did you mean meter-tiny?"]);
  const unknown = bifocal("doctor", "--jason", "--json");
  assert.equal((JSON.parse(unknown.stdout) as typeof JSON & { error: { got: string } }).error.got, "--jason");
});

test("doctor says what is here", () => {
  const { status, stdout, stderr } = bifocal("doctor", "--json");
  assert.deepEqual([status, stderr], [0, ""], "this machine lacks what tests need");
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Record<string, unknown>[] };
  assert.equal(ok, true);
  for (const check of checks)
    assert.deepEqual(Object.keys(check).sort(), ["found", "name", "necessary", "ok", "todo"]);
  const speed = checks.find(({ name }) => name === "matrix products");
  assert.ok(Number.parseFloat(String(speed?.found)) > 1);
});

test("a reader that goes away is no failure", async () => {
  const child = spawn(process.execPath, [main, "list", "recipes"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  assert.deepEqual([code, said], [0, ""]);
});

test("an error of ours is called a bug, with a stack only on request", () => {
  const bug = () => problemOf(new TypeError("x is not a function"), [], []);
  assert.match(bug()!.text, /^bug in bifocal: x is not a function\nplease report it/);
  assert.doesNotMatch(bug()!.text, /\n +at /);
  assert.equal(bug()!.exitCode, 1);
  process.env.BIFOCAL_DEBUG = "1";
  assert.match(bug()!.text, /\nTypeError: x is not a function\n +at /);
  delete process.env.BIFOCAL_DEBUG;
});
