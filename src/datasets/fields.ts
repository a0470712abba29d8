import { fail } from "../core/index.ts";

/** Typed access to a parsed record; every method throws BifocalError "data" naming the record and the field. */
export interface Fields {
  readonly where: string;
  has(name: string): boolean;
  text(name: string): string;
  /** Text or a whole number, as text. */
  id(name: string): string;
  number(name: string): number;
  numbers(name: string): readonly number[];
  record(name: string): Fields;
  records(name: string): readonly Fields[];
  oneOf<const C extends string>(name: string, choices: readonly C[]): C;
}

/** The fields of a JSON object. @throws BifocalError "data" for any other value. */
export function fieldsOf(value: unknown, where: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    fail("data", where, { expected: "an object", got: shown(value) });
  }
  const members = value as Readonly<Record<string, unknown>>;
  const read = <T>(name: string, expected: string, accept: (member: unknown) => member is T): T => {
    const member = Object.hasOwn(members, name) ? members[name] : undefined;
    if (accept(member)) return member;
    return fail("data", where, { expected: `"${name}" as ${expected}`, got: shown(member) });
  };
  const text = (name: string) => read(name, "text", isText);
  return {
    where,
    has: (name) => Object.hasOwn(members, name) && members[name] !== null,
    text,
    id: (name) => String(read(name, "text or a whole number", isId)),
    number: (name) => read(name, "a number", isNumber),
    numbers: (name) => read(name, "a list of numbers", isNumbers),
    record: (name) => fieldsOf(members[name], `${where} ${name}`),
    records: (name) =>
      read(name, "a list", isList).map((item, i) => fieldsOf(item, `${where} ${name}[${i}]`)),
    oneOf: (name, choices) => oneOf(text(name), choices, where, name),
  };
}

/** `value` as one of `choices`. @throws BifocalError "data" for any other. */
export function oneOf<const C extends string>(
  value: string,
  choices: readonly C[],
  where: string,
  name: string,
): C {
  const found = choices.find((choice) => choice === value);
  return (
    found ?? fail("data", where, { expected: `"${name}" to be ${choices.join(" or ")}`, got: shown(value) })
  );
}

/** The number that a cell of a table holds. @throws BifocalError "data" for another text. */
export function numberIn(text: string, where: string, name: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isFinite(number)) return number;
  return fail("data", where, { expected: `"${name}" as a number`, got: text });
}

const isText = (value: unknown) => typeof value === "string";
const isNumber = (value: unknown) => typeof value === "number";
const isId = (value: unknown): value is string | number =>
  Number.isSafeInteger(value) || (typeof value === "string" && value !== "");
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isNumbers = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every(isNumber);

function shown(value: unknown): string {
  return value === undefined ? "none" : JSON.stringify(value).slice(0, 80);
}
