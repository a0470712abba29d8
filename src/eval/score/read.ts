import { readFile } from "node:fs/promises";
import type { z } from "zod";
import { fail } from "../../core/errors.ts";

/** The text of a file, without the byte order mark that some programs put first. @throws BifocalError where it cannot be read. */
export async function readText(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((cause: Error) =>
    fail("data", path, { expected: "a readable file", got: cause.message, todo: "check the path" }),
  );
  return text.replace(/^\uFEFF/, "");
}

/** A JSON file as `schema` says. @throws BifocalError naming the first thing that is not as it should be. */
export async function readJson<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S>> {
  return checkShape(path, parseJson(path, await readText(path)), schema);
}

/** What a text in JSON holds. @throws BifocalError where it is none. */
export function parseJson(where: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    return fail("data", where, { expected: "JSON", got: (cause as Error).message });
  }
}

/** The value as `schema` reads it. @throws BifocalError naming the first thing that is not as it should be. */
export function checkShape<S extends z.ZodType>(where: string, value: unknown, schema: S): z.output<S> {
  const { data, error } = schema.safeParse(value);
  if (error === undefined) return data as z.output<S>;
  const { path, message } = error.issues[0]!;
  const place = [where, ...path].join(" ");
  const [, least, unit] = /^Too small: expected \w+ to have >=(\d+) (\w+)$/.exec(message) ?? [];
  if (least !== undefined) fail("data", place, { expected: `at least ${least} ${unit}`, got: "fewer" });
  const [, expected, got] = /^(?:Invalid input: )?expected (.*?)(?:, received (.*))?$/.exec(message) ?? [];
  return fail("data", place, {
    ...(expected !== undefined && { expected }),
    got: got === "undefined" ? "nothing" : (got ?? (expected === undefined ? message : "something else")),
  });
}
