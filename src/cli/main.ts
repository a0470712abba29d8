#!/usr/bin/env node
/** The command `bifocal`: exit code 0 fine, 1 the machine failed (or we did), 2 the user's input is wrong. */
import { readFileSync } from "node:fs";
import { Command } from "commander";
import { type Offer, problemOf } from "./problem.ts";
import { verbs } from "./verbs.ts";

const { version, description } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { version: string; description: string };
const words = process.argv.slice(2);

// A reader that has seen enough (| head) is no failure, and a long run outlives the terminal that watched it.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
process.on("uncaughtException", (error) => {
  report(error);
  process.exit();
});

const program = new Command("bifocal")
  .description(description)
  .version(version)
  .helpCommand(false)
  .enablePositionalOptions() // what follows launch's own words belongs to the command it starts
  .showSuggestionAfterError(false)
  .configureOutput({ outputError: () => {} }) // said below, with the nearest name
  .exitOverride();
for (const verb of verbs) {
  program.addCommand(verb.copyInheritedSettings(program));
  for (const part of verb.commands) part.copyInheritedSettings(program);
}

try {
  await program.parseAsync();
} catch (error) {
  report(error);
}

/** Says what went wrong and sets the exit code; without a verb, the help has been printed already. */
function report(error: unknown): void {
  const offers = verbs.flatMap((verb) => [
    offerOf(verb, verb.name()),
    ...verb.commands.map((part) => offerOf(part, `${verb.name()} ${part.name()}`)),
  ]);
  const problem = problemOf(error, offers, words);
  if (problem === undefined) return;
  process.exitCode = problem.exitCode;
  if (words.includes("--json")) process.stdout.write(`${JSON.stringify({ error: problem.fields })}\n`);
  else process.stderr.write(`${problem.text}\n`);
}

function offerOf(verb: Command, name: string): Offer {
  return { name, options: [...verb.options.flatMap(({ long }) => long ?? []), "--help"] };
}
