import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { realDatasets } from "../datasets/official/index.ts";
import { fusions } from "../models/meter.ts";
import { type CatalogueKind, catalogue } from "./catalogue.ts";
import { runSchema } from "./schema.ts";

const src = new URL("../../src/", import.meta.url);

/** Where the parts of a kind lie, and the files there that are none. */
const places: Record<
  Exclude<CatalogueKind, "recipes" | "classes">,
  { folder: string; besides: readonly string[] }
> = {
  models: {
    folder: "models",
    besides: ["colours", "contracts", "dall-e", "index", "mae", "rows", "text-decoder"],
  },
  encoders: { folder: "models/encoders", besides: ["index"] },
  fusions: {
    folder: "models/fusions",
    besides: ["attention-flow", "contract", "single-stream", "stream-poolers"],
  },
  objectives: { folder: "objectives", besides: ["hidden-patches", "objective"] },
  tasks: {
    folder: "tasks",
    besides: [
      "batch-worker",
      "chosen-caption",
      "pictures",
      "index",
      "judged-batch",
      "judged-picture",
      "picture-decoder",
      "source",
      "task",
    ],
  },
  datasets: { folder: "datasets", besides: [] },
  metrics: {
    folder: "metrics",
    besides: [
      "caption-scores",
      "captioned",
      "n-grams",
      "paired",
      "ptb-abbreviations",
      "ptb-characters",
      "english-stem",
      "meteor-alignment",
      "meteor-function-words",
      "meteor-words",
      "ptb-rules",
      "ptb-tokenizer",
      "python-text",
      "ranks",
      "vqa-answer",
    ],
  },
};

const kinds = Object.keys(places) as (keyof typeof places)[];
const names = (kind: CatalogueKind) => catalogue[kind].map(({ name }) => name).sort();

/** Files, or for data sets folders, that the catalogue must name. */
function present(kind: keyof typeof places): string[] {
  const { folder, besides } = places[kind];
  const entries = readdirSync(new URL(folder, src), { withFileTypes: true });
  if (kind === "datasets") {
    const folders = entries.flatMap((e) => (e.isDirectory() && e.name !== "official" ? [e.name] : []));
    return [...folders, ...realDatasets.map(({ name }) => name)].sort();
  }
  return entries
    .flatMap((e) => (e.isFile() ? (/^([^.]+)\.ts$/.exec(e.name)?.[1] ?? []) : []))
    .filter((name) => !besides.includes(name))
    .sort();
}

for (const kind of kinds) {
  test(`the catalogue's ${kind} are the files there`, () => assert.deepEqual(names(kind), present(kind)));
}

test("the catalogue offers what the schema takes", () => {
  const { model, task, data } = runSchema.shape;
  const kindsOf = (options: readonly { shape: { kind: { value: string } } }[]) =>
    options.map(({ shape }) => shape.kind.value).sort();
  assert.deepEqual(names("models"), kindsOf(model.options));
  assert.deepEqual(
    names("tasks"),
    kindsOf(task.options.map((option) => ("options" in option ? option.options[0] : option))),
  );
  assert.ok(names("datasets").includes(data.options[0].shape.kind.value));
  assert.deepEqual(names("fusions"), Object.keys(fusions).sort());
  assert.deepEqual(names("fusions"), [...model.options[0].shape.fusion.shape.kind.options].sort());
});

test("a paper is the one its file cites", () => {
  for (const kind of kinds.filter((other) => other !== "datasets")) {
    for (const { name, paper } of catalogue[kind] as readonly { name: string; paper?: string }[]) {
      const text = readFileSync(new URL(`${places[kind].folder}/${name}.ts`, src), "utf8");
      const number = paper?.split("arXiv:")[1];
      assert.ok(number === undefined || text.includes(number), `${name} does not cite ${paper}`);
    }
  }
});
