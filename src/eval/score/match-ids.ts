import { fail } from "../../core/errors.ts";

/** What a file says of examples, by id. */
export interface Named<Id extends string | number, Value> {
  readonly path: string;
  readonly values: ReadonlyMap<Id, Value>;
}

/** Records by id. @throws BifocalError listing ids that are there twice. */
export function byId<Id extends string | number, Value>(
  path: string,
  what: string,
  entries: readonly (readonly [Id, Value])[],
): Named<Id, Value> {
  const values = new Map<Id, Value>();
  const twice = new Set<Id>();
  for (const [id, value] of entries) {
    if (values.has(id)) twice.add(id);
    values.set(id, value);
  }
  if (twice.size > 0) {
    fail("data", path, { expected: `${what} for each id once`, got: `more for ${few([...twice])}` });
  }
  return { path, values };
}

/** Checks that two files speak of the same ids. @throws BifocalError listing ids that one of the files lacks; `what` is what `found` should have, "a caption". */
export function matchIds<Id extends string | number>(
  what: string,
  expected: Named<Id, unknown>,
  found: Named<Id, unknown>,
): void {
  const missing = [...expected.values.keys()].filter((id) => !found.values.has(id));
  if (missing.length > 0) {
    fail("data", found.path, {
      expected: `${what} for every id of ${expected.path}`,
      got: `none for ${few(missing)}`,
    });
  }
  const unknown = [...found.values.keys()].filter((id) => !expected.values.has(id));
  if (unknown.length > 0) {
    fail("data", found.path, { expected: `ids of ${expected.path}`, got: `also ${few(unknown)}` });
  }
}

function few(ids: readonly (string | number)[]): string {
  if (ids.length === 1) return `id ${ids[0]}`;
  return `${ids.length} ids: ${ids.slice(0, 5).join(", ")}${ids.length > 5 ? ", ..." : ""}`;
}
