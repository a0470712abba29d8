import { Command } from "commander";
import { fail } from "../core/errors.ts";

/** A verb with what all verbs have: one line of description, examples in its help, and --json. */
export function verb(name: string, description: string, examples: readonly string[]): Command {
  return new Command(name)
    .description(description)
    .option("--json", "print exactly one JSON object on standard output")
    .addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ bifocal ${example}\n`).join("")}`);
}

/** Collects a repeatable option's values. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/** Prints a verb's result: as JSON, or as lines for people. */
export function printResult(json: boolean | undefined, result: object, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : lines.map((line) => `${line}\n`).join(""));
}

/** Rows as lines with aligned columns, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, i) => Math.max(cell.length, most[i] ?? 0)),
    [],
  );
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join("  ")
      .trimEnd(),
  );
}

/** One of the choices. @throws BifocalError when it is none of them. */
export function choiceOption<C extends string>(name: string, text: string, choices: readonly C[]): C {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  return fail("usage", name, { expected: choices.join(", "), got: text });
}

/** A whole number from an option. @throws BifocalError when it is none or below 1. */
export function countOption(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    fail("usage", name, { expected: "a whole number from 1", got: text });
  return value;
}
