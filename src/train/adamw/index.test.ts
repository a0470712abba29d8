import assert from "node:assert/strict";
import { test } from "node:test";
import type { Backend } from "../../backends/backend.ts";
import { defaultBackend } from "../../backends/default.ts";
import { parseDevice } from "../../backends/torch/device.ts";
import { startTorch } from "../../backends/torch/engine.ts";
import { torchBackendOn } from "../../backends/torch/index.ts";
import { torchMissing } from "../../backends/torch/torch-missing.ts";
import { rng } from "../../core/rng.ts";
import { normal } from "../../nn/init.ts";
import { declare } from "../../nn/scope.ts";
import type { OptimizerConfig, TrainConfig } from "../config.ts";
import { deviceStore } from "../device-store.ts";
import { groupParameters } from "../groups.ts";
import { createStore, initializeStore } from "../parameter-store.ts";
import { adamW } from "./index.ts";

const config: OptimizerConfig = {
  lr: 0.01,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-3, // large enough to see where it stands
  weightDecay: 0.3,
  clip: 2,
};

function setUp() {
  const { parameters } = declare((at) => [
    at.param("matrix", [3, 4], normal(1)),
    at.param("vector", [5], normal(1)),
    at.param("slow", [2, 3], normal(1)),
  ]);
  const groups = groupParameters(parameters, {
    freeze: [],
    factors: [{ path: "slow", factor: 0.1 }],
  } as unknown as TrainConfig);
  const store = createStore(parameters, groups);
  initializeStore(store, parameters, 4);
  return store;
}

/** Algorithm 2 as printed, in float64: learning rate in the schedule multiplier, decay by it too. */
function plainStep(
  weight: number,
  first: number,
  second: number,
  gradient: number,
  t: number,
  rate: number,
  decay: number,
) {
  const m = config.beta1 * first + (1 - config.beta1) * gradient;
  const v = config.beta2 * second + (1 - config.beta2) * gradient ** 2;
  const mHat = m / (1 - config.beta1 ** t);
  const vHat = v / (1 - config.beta2 ** t);
  return [weight - rate * (mHat / (Math.sqrt(vHat) + config.epsilon) + decay * weight), m, v] as const;
}

/** Where numbers are: in memory, or on a device, for which libtorch stands as if the CPU had memory of its own. */
const ways: readonly (readonly [name: string, backend: () => Backend, skip: string | undefined])[] = [
  ["in memory", () => defaultBackend, undefined],
  ["on a device", () => torchBackendOn(startTorch(parseDevice("cpu"), false)), torchMissing()],
];

for (const [name, open, skip] of ways) {
  test(`five clipped steps agree with algorithm 2 in a plain loop (${name})`, { skip }, async () => {
    const backend = open();
    const store = setUp();
    const device = deviceStore(backend, store);
    const optimizer = await adamW(backend, store, config);
    const names = ["matrix", "vector", "slow"];
    const state = Object.fromEntries(
      names.map((name) => [name, Array.from(store.weights[name]!, (w) => [w, 0, 0] as readonly number[])]),
    );
    let clipped = 0;
    for (let step = 0; step < 5; step++) {
      const random = rng("gradient", step);
      let squares = 0;
      for (const name of names) {
        const gradient = store.gradients[name]!;
        for (const i of gradient.keys()) gradient[i] = (step === 3 ? 0.1 : 1) * random.normal();
        squares += gradient.reduce((a, b) => a + b * b, 0);
      }
      device.sendGradients();
      const norm = await optimizer.gradientNorm();
      assert.ok(Math.abs(norm - Math.sqrt(squares)) < 1e-5 * norm);
      const scale = norm <= config.clip! ? 1 : config.clip! / norm;
      clipped += Number(scale < 1);
      const lr = config.lr / (step + 1);
      for (const name of names) {
        const rate = lr * (name === "slow" ? 0.1 : 1);
        const decay = name === "vector" ? 0 : config.weightDecay;
        state[name] = state[name]!.map(([w, m, v], i) =>
          plainStep(w!, m!, v!, scale * store.gradients[name]![i]!, step + 1, rate, decay),
        );
      }
      await optimizer.update(step, lr, scale);
      device.fetch();
    }
    await optimizer.close();
    assert.equal(clipped, 4);
    const moments = new Map(store.moments().map(({ name, data }) => [name, data]));
    for (const name of names) {
      for (const [i, [w, m, v]] of state[name]!.entries()) {
        const got = [
          store.weights[name]![i]!,
          moments.get(`first.${name}`)![i]!,
          moments.get(`second.${name}`)![i]!,
        ];
        for (const [k, value] of [w!, m!, v!].entries())
          assert.ok(Math.abs(got[k]! - value) < 2e-6, `${name}[${i}] ${k}: expected ${value}, got ${got[k]}`);
      }
    }
    // Padding between groups is never pushed away from zero.
    const inside = names.reduce(
      (total, name) => total + store.weights[name]!.filter((w) => w !== 0).length,
      0,
    );
    assert.equal(store.flat.weights.filter((w) => w !== 0).length, inside);
  });
}

for (const [name, open, skip] of ways) {
  test(`weights that begin to learn later do as if training began there, and the mean follows (${name})`, {
    skip,
  }, async () => {
    const backend = open();
    const { parameters } = declare((at) => [
      at.param("early", [3, 5], normal(1)),
      at.param("late", [7], normal(1)),
    ]);
    const groups = groupParameters(parameters, {
      freeze: [{ path: "late", until: 2 }],
      factors: [],
    } as unknown as TrainConfig);
    const store = createStore(parameters, groups, true);
    initializeStore(store, parameters, 4);
    store.flat.average!.set(store.flat.weights);
    const device = deviceStore(backend, store);
    const optimizer = await adamW(backend, store, config, 0.75);
    const before = store.weights.late!.slice();
    let state = Array.from(before, (w) => [w, 0, 0] as readonly number[]);
    let means = Array.from(before);
    for (let step = 0; step < 5; step++) {
      for (const name of ["early", "late"]) {
        const random = rng("gradient", name, step);
        if (name === "early" || step >= 2)
          for (const i of store.gradients[name]!.keys()) store.gradients[name]![i] = random.normal();
      }
      const early = store.weights.early!.slice();
      device.sendGradients();
      await optimizer.update(step, 0.1, 1);
      device.fetch();
      assert.ok(store.weights.early!.every((w, i) => w !== early[i]));
      if (step < 2) {
        assert.deepEqual(store.weights.late, before);
        continue;
      }
      state = state.map(([w, m, v], i) =>
        plainStep(w!, m!, v!, store.gradients.late![i]!, step - 2 + 1, 0.1, 0),
      );
      means = means.map((mean, i) => 0.75 * mean + 0.25 * state[i]![0]!);
    }
    await optimizer.close();
    const saved = new Map([...store.moments(), ...store.model()].map(({ name, data }) => [name, data]));
    const near = (name: string, expected: readonly number[]) => {
      for (const [i, value] of expected.entries())
        assert.ok(
          Math.abs(Number(saved.get(name)![i]) - value) < 2e-6,
          `${name}[${i}]: ${saved.get(name)![i]}, not ${value}`,
        );
    };
    near(
      "weight.late",
      state.map(([w]) => w!),
    );
    near(
      "first.late",
      state.map(([, m]) => m!),
    );
    near("late", means);
    assert.notDeepEqual(saved.get("early"), saved.get("weight.early"));
  });
}

test("any number of threads gives the same bits", async () => {
  const { parameters } = declare((at) => [
    at.param("matrix", [300, 700], normal(1)),
    at.param("vector", [9], normal(1)),
  ]);
  const before = process.env.BIFOCAL_THREADS;
  const states = new Map<string, unknown>();
  try {
    for (const threads of ["1", "2", "5"]) {
      process.env.BIFOCAL_THREADS = threads;
      const groups = groupParameters(parameters, { freeze: [], factors: [] } as unknown as TrainConfig);
      const store = createStore(parameters, groups, true);
      initializeStore(store, parameters, 4);
      const optimizer = await adamW(defaultBackend, store, config, 0.75);
      const norms: number[] = [];
      for (let step = 0; step < 3; step++) {
        for (const i of store.flat.gradients.keys()) store.flat.gradients[i] = Math.sin(step + i);
        norms.push(await optimizer.gradientNorm());
        await optimizer.update(step, 0.1, 1 / norms[step]!);
      }
      await optimizer.close();
      states.set(threads, [norms, store.moments(), store.model()]);
    }
  } finally {
    if (before === undefined) delete process.env.BIFOCAL_THREADS;
    else process.env.BIFOCAL_THREADS = before;
  }
  assert.deepEqual(states.get("2"), states.get("1"));
  assert.deepEqual(states.get("5"), states.get("1"));
});
