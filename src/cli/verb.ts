import { Command } from "commander";

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
