import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { verbs } from "#src/cli/verbs.ts";
import { recipes, stagedRecipes } from "#src/recipes/index.ts";
import { resolveRecipe } from "#src/recipes/resolve.ts";
import { expectNone } from "../expect-none.ts";
import { commandProblems, commandsOf } from "./commands.ts";

const root = new URL("../../../", import.meta.url);

const optionsOf = (verb: (typeof verbs)[number]) => verb.options.flatMap(({ long }) => long ?? []);
const known = verbs.flatMap((verb) => [
  { name: verb.name(), options: optionsOf(verb) },
  ...verb.commands.map((part) => ({ name: `${verb.name()} ${part.name()}`, options: optionsOf(part) })),
]);

const files = (folder: string, end: string) =>
  readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
    .map((name) => name.replaceAll("\\", "/"))
    .filter((name) => name.endsWith(end))
    .map((name) => `${folder}${name}`);

const pages = [
  ...readdirSync(root).filter((name) => name.endsWith(".md")),
  ...files("docs/", ".md"),
  ...files("src/recipes/", ".ts"),
];
const commands = pages.flatMap((page) => commandsOf(page, readFileSync(new URL(page, root), "utf8")));

const recipeNames = new Set([...Object.keys(recipes), ...Object.keys(stagedRecipes)]);

test("commands of the pages and recipes use verbs and options that exist", () => {
  assert.ok(commands.length > 0);
  expectNone(commandProblems(commands, known));
});

test("so do the examples of every verb's help", () => {
  const examples = verbs
    .flatMap((verb) => [verb, ...verb.commands])
    .flatMap((verb) => {
      let help = "";
      verb.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      return commandsOf("help.md", `\`\`\`\n${help}\`\`\`\n`);
    });
  assert.ok(examples.some(({ words }) => words.includes("--beams")));
  expectNone(commandProblems(examples, known));
});

test("commands that train a named recipe would start", async () => {
  for (const { where, words } of commands) {
    const [verb, recipe = "", ...rest] = words;
    if (verb !== "train" || !recipeNames.has(recipe)) continue;
    // A model of the hub is not asked for here.
    const named = /=[\w-]+\/[\w.-]+$/;
    const settings = rest.filter(
      (word) => /^[\w.]+=/.test(word) && !word.endsWith("=value") && !named.test(word),
    );
    await assert.doesNotReject(resolveRecipe(recipe, settings), `${where}: bifocal ${words.join(" ")}`);
  }
});

test("a recipe's header tells how to start it", () => {
  for (const { where, words } of commands) {
    const name = /^src\/recipes\/(.*)\.ts$/.exec(where)?.[1];
    if (name !== undefined && recipeNames.has(name)) assert.deepEqual(words.slice(0, 2), ["train", name]);
  }
});

test("wrong verbs and options are found wherever a page shows commands", () => {
  const page = `Type \`bifocal trian x\`, not \`bifocal\`; prose about bifocal trian is no command.

\`\`\`sh
$ npx bifocal train x \\
    --outt runs/x --set a.b=1   # a remark --odd
BIFOCAL_DEBUG=1 bifocal train x --out y | head && bifocal list models --jso
\`\`\`
\`bifocal train <recipe> [--set path=value]... [--step N]\` and \`bifocal <verb> --help\`
`;
  const verbsOfTest = [
    { name: "train", options: ["--out", "--set"] },
    { name: "list", options: ["--json"] },
  ];
  assert.deepEqual(commandProblems(commandsOf("a.md", page), verbsOfTest), [
    "a.md: bifocal train x --outt runs/x --set a.b=1: no option --outt",
    "a.md: bifocal list models --jso: no option --jso",
    'a.md: bifocal trian x: no verb "trian"',
    "a.md: bifocal train <recipe> [--set path=value]... [--step N]: no option --step",
  ]);
  const header = "/**\n * Command: bifocal train a --out b\n */\nconst x = `bifocal trian`;\n";
  assert.deepEqual(commandsOf("a.ts", header), [{ where: "a.ts", words: ["train", "a", "--out", "b"] }]);
});
