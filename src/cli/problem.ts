import { CommanderError } from "commander";
import { BifocalError, type ErrorFields, nearest, renderError } from "../core/index.ts";

/** A failure as the command line tells it. */
export interface Problem {
  readonly fields: Omit<ErrorFields, "code"> & { readonly code: ErrorFields["code"] | "bug" };
  /** One message for people. */
  readonly text: string;
  readonly exitCode: 1 | 2;
}

/** What a verb offers, by name: for "did you mean". */
export interface Offer {
  /** A verb below another with both names: "data list". */
  readonly name: string;
  readonly options: readonly string[];
}

/**
 * What to tell of anything thrown; undefined where commander has only printed help or the version.
 * Errors that are no BifocalError are ours: their stack is shown only where BIFOCAL_DEBUG is 1.
 */
export function problemOf(
  error: unknown,
  verbs: readonly Offer[],
  words: readonly string[],
): Problem | undefined {
  if (error instanceof BifocalError) {
    return { fields: error.fields, text: `error: ${error.message}`, exitCode: error.exitCode };
  }
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return undefined;
    const fields = usageProblem(error, verbs, words);
    return { fields, text: `error: ${renderError(fields)}`, exitCode: 2 };
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const got = (error instanceof Error ? error.message : String(error)).replace(/^bug in bifocal: /, "");
  const fields = {
    code: "bug",
    where: "bug in bifocal",
    got,
    todo: "please report it in the project's issues, with the command, what BIFOCAL_DEBUG=1 adds to it, and the output of bifocal doctor",
  } as const;
  const shown = process.env.BIFOCAL_DEBUG === "1" ? `\n${stack}` : "";
  return { fields, text: `${fields.where}: ${got}\n${fields.todo}${shown}`, exitCode: 1 };
}

/** What commander says, with the nearest valid name. */
function usageProblem(error: CommanderError, verbs: readonly Offer[], words: readonly string[]): ErrorFields {
  const named = (name: string) => verbs.find((other) => other.name === name);
  const verb = named(words.slice(0, 2).join(" ")) ?? named(words[0] ?? "");
  const where = verb === undefined ? "bifocal" : `bifocal ${verb.name}`;
  const help = `see ${where} --help`;
  const [, name] = /'([^']*)'/.exec(error.message) ?? [];
  if (error.code === "commander.unknownCommand" && name !== undefined) {
    const above = verb === undefined ? "" : `${verb.name} `;
    const known = verbs
      .filter((other) => other.name.startsWith(above))
      .map((other) => other.name.slice(above.length))
      .filter((other) => !other.includes(" "));
    return {
      code: "usage",
      where,
      expected: `one of the verbs ${known.join(", ")}`,
      got: name,
      todo: `did you mean ${nearest(name, known)}? ${help}`,
    };
  }
  if (error.code === "commander.unknownOption" && name !== undefined) {
    const known = verb === undefined ? ["--help", "--version"] : verb.options;
    const meant = nearest(name.split("=")[0]!, known);
    return {
      code: "usage",
      where,
      expected: `one of the options ${known.join(", ")}`,
      got: name,
      todo: `did you mean ${meant}? ${help}`,
    };
  }
  const got = error.message.replace(/^error: /, "");
  return { code: "usage", where, got: got === "(outputHelp)" ? "no verb" : got, todo: help };
}
