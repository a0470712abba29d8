/** Every recipe with published hyper-parameters trains: three steps with all its parts and objectives, at reduced size. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { defaultBackend } from "#src/backends/default.ts";
import { readJsonl } from "#src/files/jsonl.ts";
import { recipes, stagedRecipes } from "#src/recipes/index.ts";
import { configOf } from "#src/recipes/recipe.ts";
import { runSchema } from "#src/recipes/schema.ts";
import { validate } from "#src/recipes/validate.ts";
import type { RunConfig } from "#src/train/config.ts";
import { planRun } from "#src/train/plan.ts";
import { train } from "#src/train/trainer.ts";
import { reduced } from "./reduced.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-published-"));
test.after(() => rmSync(folder, { recursive: true }));

const isSmall = (name: string) => /-tiny(-|$)/.test(name);
const single = Object.values(recipes)
  .filter(({ name }) => !isSmall(name))
  .map(configOf);
const staged = Object.values(stagedRecipes)
  .filter(({ name }) => !isSmall(name))
  .flatMap(({ name, stages }) =>
    stages.map((stage, i): RunConfig => ({ ...(stage as RunConfig), name: `${name}, stage ${i + 1}` })),
  );

test("the published recipes are those that are named", () => {
  const named = [
    "meter",
    "renaissance-two-tower",
    "renaissance-one-tower",
    "vilt",
    "vlc-base",
    "bridgetower-base",
    "bridgetower-large",
    "vlmo-base",
    "vlmo-base-plus",
    "vlmo-large",
    "visual-parsing",
  ];
  const found = single.map(({ name }) => name);
  assert.deepEqual(
    named.filter((name) => !found.includes(name)),
    [],
  );
});

test("plans have the sizes that the papers print", async () => {
  /** Millions without heads and poolers; ViLT's image part with its places, and its words. */
  const sizes: Readonly<Record<string, number>> = {
    meter: 319,
    "vlmo-base": 175,
    "vlmo-base-plus": 167,
    "vlmo-large": 562,
    "bridgetower-base": 326,
    "bridgetower-large": 863,
  };
  const plans = Object.fromEntries(
    single.map((config) => [config.name, planRun(config, 3129).parameters] as const),
  );
  for (const [name, { total, byPart, withoutHeads }] of Object.entries(plans)) {
    const parts = Object.entries(byPart);
    const sum = (kept: typeof parts) => kept.reduce((all, [, count]) => all + count, 0);
    assert.equal(sum(parts), total, name);
    assert.equal(sum(parts.filter(([part]) => part.startsWith("model."))), withoutHeads, name);
    const pooler = byPart["model.pooler"] ?? 0;
    if (sizes[name] !== undefined) assert.equal(Math.round((withoutHeads - pooler) / 1e6), sizes[name], name);
  }
  const { byPart } = plans.vilt!;
  assert.equal((byPart["model.image"]! / 1e6).toFixed(1), "87.5");
  assert.equal((byPart["model.text"]! / 1e6).toFixed(1), "23.5");
});

for (const [i, config] of [...single, ...staged].entries()) {
  test(config.name, async () => {
    const { name: _, ...rest } = reduced(config);
    const run = validate(runSchema, { name: "reduced", ...rest }, config.name);
    const out = join(folder, `${i}`);
    const { finished, steps, best } = await train({
      config: run,
      out,
      resume: false,
      from: undefined,
      backend: defaultBackend,
      signal: new AbortController().signal,
    });
    assert.deepEqual([finished, steps], [true, 3]);
    assert.ok(Number.isFinite(best?.value));
    const { records } = await readJsonl(join(out, "metrics.jsonl"));
    const { kind: task, ...objectives } = run.task;
    assert.equal(task, "pretrain");
    for (const objective of Object.keys(objectives)) {
      const losses = records.flatMap((record) => record[`train/${objective}/loss`] ?? []);
      assert.ok(losses.length > 0, objective);
      assert.ok(
        losses.every((loss) => Number.isFinite(loss)),
        objective,
      );
    }
  });
}
