import { fail, nearest } from "../core/index.ts";
import { type CatalogueEntry, type CatalogueKind, catalogue } from "../recipes/catalogue.ts";
import { printResult, table, verb } from "./verb.ts";

const kinds = Object.keys(catalogue);

/** `bifocal list <kind>` */
export const list = verb("list", "what there is to choose from", [
  "list recipes",
  "list objectives",
  "list models --json",
])
  .argument("<kind>", kinds.join(", "))
  .action((kind: string, { json }: { json?: boolean }) => {
    if (!isKind(kind)) {
      fail("usage", `bifocal list ${kind}`, {
        expected: `one of ${kinds.join(", ")}`,
        got: kind,
        todo: `did you mean ${nearest(kind, kinds)}?`,
      });
    }
    const items: readonly CatalogueEntry[] = catalogue[kind];
    const rows = items.map(({ name, description, paper = "" }) => [name, description, paper]);
    printResult(json, { kind, items }, table(rows));
  });

function isKind(kind: string): kind is CatalogueKind {
  return Object.hasOwn(catalogue, kind);
}
