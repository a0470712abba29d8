import type { z } from "zod";
import { type ErrorFields, nearest } from "../core/index.ts";
import { failWith } from "./settings.ts";

/**
 * The value as `schema` reads it, defaults filled in. Messages of refinements are shown after "expected".
 * @throws BifocalError "config" with every problem: its path, what was expected, what was got, the nearest valid name.
 */
export function validate<S extends z.ZodType>(schema: S, value: unknown, where: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => describe(issue, schema, value));
  failWith(problems, where);
  throw new Error("bug in bifocal: a failed validation without a problem");
}

type Issue = z.core.$ZodIssue;

function describe(issue: Issue, schema: z.core.$ZodType, value: unknown): ErrorFields[] {
  const { path } = issue;
  const got = valueAt(value, path);
  if (issue.code === "unrecognized_keys") {
    const known = keysAt(schema, value, path);
    return issue.keys.map((key) =>
      problem([...path, key], oneOf(known), "an unknown key", suggest(key, known)),
    );
  }
  if (issue.code === "invalid_value") {
    const names = issue.values.map(String);
    return [problem(path, oneOf(names), show(got), suggest(got, names))];
  }
  if (issue.code === "invalid_union") {
    const names = issue.inclusive === false ? [] : (issue.options ?? []).map(String);
    if (names.length > 0) return [problem(path, oneOf(names), show(got), suggest(got, names))];
    return describeUnion(issue, schema, value);
  }
  return [problem(path, expectation(issue), show(got))];
}

/** The alternative that the value resembles explains itself; where there is none, all are named. */
function describeUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  schema: z.core.$ZodType,
  value: unknown,
): ErrorFields[] {
  const alternatives = issue.errors.map((issues) =>
    issues.map((inner): Issue => ({ ...inner, path: [...issue.path, ...inner.path] })),
  );
  const depth = issue.path.length;
  const ofThisKind = alternatives.filter(
    (issues) => !issues.some(({ code, path }) => code.startsWith("invalid_") && path.length === depth),
  );
  const closest = ofThisKind.toSorted((a, b) => a.length - b.length)[0];
  if (closest !== undefined) return closest.flatMap((inner) => describe(inner, schema, value));
  const expected = alternatives
    .flat()
    .map((inner) => (inner.code === "invalid_value" ? oneOf(inner.values.map(String)) : expectation(inner)));
  return [problem(issue.path, [...new Set(expected)].join(" or "), show(valueAt(value, issue.path)))];
}

function problem(path: readonly PropertyKey[], expected: string, got: string, todo?: string): ErrorFields {
  const where = path.length === 0 ? "top level" : path.map(String).join(".");
  return { code: "config", where, expected, got, ...(todo !== undefined && { todo }) };
}

function suggest(got: unknown, names: readonly string[]): string | undefined {
  const name = typeof got === "string" ? nearest(got, names) : undefined;
  return name === undefined ? undefined : `did you mean ${name}?`;
}

function oneOf(names: readonly string[]): string {
  return names.length === 1 ? `${names[0]}` : `one of ${names.join(", ")}`;
}

function expectation(issue: Issue): string {
  if (issue.code === "invalid_type") return kinds[issue.expected] ?? issue.expected;
  if (issue.code === "too_small" || issue.code === "too_big") {
    const [limit, inclusive, strict] =
      issue.code === "too_small"
        ? [issue.minimum, "at least", "more than"]
        : [issue.maximum, "at most", "less than"];
    const length = issue.origin === "array" || issue.origin === "string" ? "a length of " : "";
    return `${length}${issue.inclusive === false ? strict : inclusive} ${limit}`;
  }
  return issue.message;
}

const kinds: Record<string, string> = {
  number: "a number",
  int: "a whole number",
  string: "a string",
  boolean: "true or false",
  array: "a list",
  tuple: "a list",
  object: "an object",
  record: "an object",
};

function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (typeof value === "number") return String(value); // JSON would show NaN as null
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => member(inner, key), value);
}

function member(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined;
}

/** Keys that `schema` knows in the object at `path`. */
function keysAt(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[]): string[] {
  const def = (schema as z.core.$ZodTypes)._zod.def;
  const [key, ...rest] = path;
  const inside = (inner: z.core.$ZodType) => keysAt(inner, member(value, key!), rest);
  switch (def.type) {
    case "object":
      if (key === undefined) return Object.keys(def.shape);
      return typeof key === "string" && def.shape[key] !== undefined ? inside(def.shape[key]) : [];
    case "array":
      return key === undefined ? [] : inside(def.element);
    case "tuple":
      return typeof key === "number" && def.items[key] !== undefined ? inside(def.items[key]) : [];
    case "record":
      return key === undefined ? [] : inside(def.valueType);
    case "union": {
      const chosen = def.options.filter((option) => isChosen(option, def, value));
      return [...new Set(chosen.flatMap((option) => keysAt(option, value, path)))];
    }
    case "optional":
    case "nullable":
    case "default":
    case "prefault":
    case "nonoptional":
    case "readonly":
      return keysAt(def.innerType, value, path);
    case "pipe":
      return keysAt(def.in, value, path);
    case "lazy":
      return keysAt(def.getter(), value, path);
    default:
      return [];
  }
}

/** False for the alternatives of a discriminated union that the value's discriminator excludes. */
function isChosen(option: z.core.$ZodType, def: z.core.$ZodUnionDef, value: unknown): boolean {
  if (!("discriminator" in def) || typeof def.discriminator !== "string") return true;
  const kinds = option._zod.propValues?.[def.discriminator];
  return kinds === undefined || kinds.has(member(value, def.discriminator) as z.core.util.Primitive);
}
