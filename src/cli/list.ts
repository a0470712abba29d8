import { fail, nearest } from "../core/index.ts";
import type { CatalogueEntry, CatalogueKind } from "../recipes/catalogue.ts";
import { printResult, table, verb } from "./verb.ts";

/** Written out, so that help does not load every model. */
const known: Readonly<Record<CatalogueKind, true>> = {
  models: true,
  encoders: true,
  fusions: true,
  objectives: true,
  tasks: true,
  datasets: true,
  metrics: true,
  classes: true,
  recipes: true,
};
const kinds = Object.keys(known);

/** `bifocal list <kind>` */
export const list = verb("list", "what there is to choose from", [
  "list recipes",
  "list objectives",
  "list models --json",
])
  .argument("<kind>", kinds.join(", "))
  .action(async (kind: string, { json }: { json?: boolean }) => {
    if (!isKind(kind)) {
      fail("usage", `bifocal list ${kind}`, {
        expected: `one of ${kinds.join(", ")}`,
        got: kind,
        todo: `did you mean ${nearest(kind, kinds)}?`,
      });
    }
    const { catalogue } = await import("../recipes/catalogue.ts");
    const items: readonly CatalogueEntry[] = catalogue[kind];
    const rows = items.map(({ name, description, paper = "" }) => [name, description, paper]);
    printResult(json, { kind, items }, table(rows));
  });

function isKind(kind: string): kind is CatalogueKind {
  return Object.hasOwn(known, kind);
}
