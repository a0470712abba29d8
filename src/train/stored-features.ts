import { homedir } from "node:os";
import { join } from "node:path";
import type { Arrays, Backend } from "../backends/backend.ts";
import { dtypeBytes } from "../core/dtype.ts";
import { fail } from "../core/errors.ts";
import { openRowStore } from "../files/row-store.ts";
import type { Graph } from "../graph/graph.ts";
import type { TrainConfig } from "./config.ts";
import { frozenAt } from "./freeze.ts";
import { type FrozenTower, splitFrozen } from "./frozen-states.ts";
import { openStoredTower } from "./stored-tower.ts";

/** What frozen towers say of a batch, from the disk where this run or another has computed it before. */
export interface StoredFeatures {
  /** The training graph without the frozen towers. */
  readonly step: Graph;
  /** Memory of the step's additional inputs, the same at every step. */
  readonly arrays: Arrays;
  /** Fills them for a batch. */
  fill(batch: Arrays): Promise<void>;
  /** Pictures and texts read from the disk, and computed, so far. */
  readonly counts: { readonly read: number; readonly computed: number };
}

/** BIFOCAL_FEATURES, else in the user's cache folder. */
export function featuresFolder(env: NodeJS.ProcessEnv): string {
  return env.BIFOCAL_FEATURES || join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "bifocal", "features");
}

/** Bytes that are kept of one picture and of one text: of none where that tower learns. */
export function bytesOfFeatures(
  towers: readonly FrozenTower[],
): Readonly<Record<FrozenTower["kind"], number>> {
  const bytes = { image: 0, text: 0 };
  for (const { kind, rows, graph } of towers) {
    for (const { size } of Object.values(graph.outputs)) bytes[kind] += (size * dtypeBytes.f32) / rows;
  }
  return bytes;
}

/**
 * Takes the frozen towers out of a training graph, says what will be kept of them, and opens the place. A row is known
 * by the hash of the tower's weights and operations and of the very pixels or tokens it reads, so nothing that has
 * changed is taken for what it was. `pictures` counts those of the training split.
 * @throws BifocalError "config" when no tower is frozen for good.
 */
export async function openStoredFeatures(
  backend: Backend,
  graph: Graph,
  { freeze, cacheFeatures }: TrainConfig,
  weights: Arrays,
  pictures: number,
): Promise<StoredFeatures> {
  const { towers, step } = splitFrozen(graph, frozenAt(freeze, Infinity));
  if (towers.length === 0) {
    fail("config", "train.cacheFeatures", {
      expected: "a tower that never learns",
      got: `train.freeze ${JSON.stringify(freeze)}`,
      todo: "freeze model.image, model.text or both for the whole run, or leave cacheFeatures out",
    });
  }
  const folder = featuresFolder(process.env);
  const limit = cacheFeatures!.gigabytes * 1e9;
  const store = await openRowStore(folder, limit);
  const { image, text } = bytesOfFeatures(towers);
  process.stderr.write(
    `features of frozen towers: ${size(image)} a picture, ${size(text)} a text, ${pictures} pictures: ` +
      `${size((image + text) * pictures)} with one text each; ${folder} holds ${size(store.bytes)} ` +
      `and grows to ${size(limit)} at most\n`,
  );
  const opened = await Promise.all(towers.map((tower) => openStoredTower(backend, tower, weights, store)));
  const counts = { read: 0, computed: 0 };
  return {
    step,
    arrays: Object.assign({}, ...opened.map(({ states }) => states)),
    counts,
    fill: async (batch) => {
      for (const [i, tower] of opened.entries()) {
        const computed = await tower.fill(batch);
        counts.computed += computed;
        counts.read += towers[i]!.rows - computed;
      }
    },
  };
}

function size(bytes: number): string {
  const [unit, scale] = bytes >= 1e9 ? ["GB", 1e9] : bytes >= 1e6 ? ["MB", 1e6] : ["kB", 1e3];
  return `${Number((bytes / scale).toPrecision(3))} ${unit}`;
}
