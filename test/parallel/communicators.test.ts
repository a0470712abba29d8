/** Ranks in one process that meet at real sockets, ranks of mpirun where there is one, and what starters say. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { BifocalError } from "#src/core/errors.ts";
import { broadcastJson, oneProcess } from "#src/parallel/communicator.ts";
import { loadMpi } from "#src/parallel/mpi.ts";
import { joinSockets } from "#src/parallel/sockets.ts";
import { firstHost, worldOf } from "#src/parallel/world.ts";
import { asRanks } from "./ranks.ts";

const folder = mkdtempSync(join(tmpdir(), "bifocal-ranks-"));
test.after(() => rmSync(folder, { recursive: true }));

/** Values that differ from rank to rank, so that their sum depends on the order of adding. */
const valuesOf = (rank: number, length: number) =>
  Float32Array.from({ length }, (_, i) => Math.sin(i * (rank + 1)) * 10 ** (rank % 3));

test("sums are those of adding in order of ranks, the same bits everywhere; longer than a bucket", async () => {
  for (const [size, length] of [
    [2, 3],
    [3, 2 ** 20 + 5],
    [4, 0],
  ] as const) {
    const expected = valuesOf(0, length);
    for (let rank = 1; rank < size; rank++)
      valuesOf(rank, length).forEach((value, i) => {
        expected[i]! += value;
      });
    const sums = await asRanks(size, async (ranks) => {
      const values = valuesOf(ranks.rank, length);
      await ranks.sum(values);
      await ranks.close();
      return values;
    });
    for (const sum of sums) assert.deepEqual(sum, expected);
  }
});

test("gathering keeps the order of ranks for every type; broadcasts are rank 0's", async () => {
  const results = await asRanks(3, async (ranks) => {
    const words = new Int32Array(6);
    await ranks.gather(Int32Array.of(ranks.rank, -ranks.rank), words);
    const bytes = new Uint8Array(3);
    await ranks.gather(Uint8Array.of(200 + ranks.rank), bytes);
    const first = Float32Array.of(ranks.rank + 0.5);
    await ranks.broadcast(first);
    const json = await broadcastJson(ranks, ranks.rank === 0 ? { text: "ä", list: [1, null] } : undefined);
    await ranks.close();
    return { words: [...words], bytes: [...bytes], first: first[0], json };
  });
  const expected = {
    words: [0, 0, 1, -1, 2, -2],
    bytes: [200, 201, 202],
    first: 0.5,
    json: { text: "ä", list: [1, null] },
  };
  for (const result of results) assert.deepEqual(result, expected);
});

test("one process is its own sum", async () => {
  const values = Float32Array.of(1, 2);
  await oneProcess.sum(values);
  assert.deepEqual([...values], [1, 2]);
  assert.equal(await broadcastJson(oneProcess, 3), 3);
});

test("a rank that gives up ends the others with its reason", async () => {
  for (const quitter of [0, 1, 2]) {
    const reasons = await asRanks(3, async (ranks) => {
      if (ranks.rank === quitter) {
        await ranks.abandon("the disk is full");
        return "";
      }
      const error: unknown = await ranks.sum(new Float32Array(5)).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      await ranks.abandon((error as Error).message);
      assert.ok(error instanceof BifocalError);
      return error.message;
    });
    for (const [rank, reason] of reasons.entries())
      if (rank !== quitter) assert.match(reason, /the disk is full/);
  }
});

test("ranks that do different things fail", async () => {
  const reasons = await asRanks(2, async (ranks) => {
    const work =
      ranks.rank === 0 ? ranks.sum(new Float32Array(4)) : ranks.gather(new Int32Array(4), new Int32Array(8));
    return work.then(
      () => "",
      (error: Error) => error.message,
    );
  });
  for (const reason of reasons) assert.match(reason, /expected sum of 16 bytes.* got gather of 16 bytes/);
});

test("who waits in vain is told for whom", async () => {
  const meeting = { path: join(folder, "lonely") };
  await assert.rejects(
    joinSockets({ rank: 0, size: 3, meeting, patience: 30 }),
    /expected 3 ranks in 0.03 s, got all but rank 1, 2;/,
  );
  await assert.rejects(joinSockets({ rank: 1, size: 3, meeting, patience: 30 }), /expected rank 0 at/);
});

test("ranks are found in the variables of every starter", () => {
  const at = { MASTER_ADDR: "head", MASTER_PORT: "1234" };
  assert.deepEqual(worldOf({}), { by: "alone" });
  assert.deepEqual(worldOf({ OMPI_COMM_WORLD_RANK: "2", OMPI_COMM_WORLD_SIZE: "4" }), {
    by: "mpi",
    rank: 2,
    size: 4,
  });
  const third = { by: "sockets", rank: 2, size: 4, meeting: { host: "head", port: 1234 } } as const;
  assert.deepEqual(worldOf({ RANK: "2", WORLD_SIZE: "4", ...at }), third);
  assert.deepEqual(worldOf({ PMI_RANK: "2", PMI_SIZE: "4", ...at }), third);
  const agent = { ...at, TORCHELASTIC_USE_AGENT_STORE: "True" };
  assert.deepEqual(worldOf({ RANK: "2", WORLD_SIZE: "4", ...agent }), {
    ...third,
    meeting: { host: "head", port: 1235 },
  });
  const slurm = {
    SLURM_PROCID: "2",
    SLURM_STEP_NUM_TASKS: "4",
    SLURM_JOB_ID: "123456",
    SLURM_STEP_NODELIST: "n[07-09,12]",
  };
  assert.deepEqual(worldOf(slurm), { ...third, meeting: { host: "n07", port: 23456 } });
  assert.deepEqual(worldOf({ ...slurm, PMIX_RANK: "2" }), { by: "mpi", rank: 2, size: 4 });
  // A batch script that starts no step is one process, whatever the job has been given.
  assert.deepEqual(worldOf({ SLURM_PROCID: "0", SLURM_NTASKS: "4", SLURM_JOB_ID: "1" }), { by: "alone" });
  assert.equal(firstHost("a,b"), "a");
  for (const [variables, about] of [
    [{ RANK: "4", WORLD_SIZE: "4", ...at }, /RANK: expected less than WORLD_SIZE 4/],
    [{ RANK: "1" }, /WORLD_SIZE: expected a whole number/],
    [{ RANK: "x", WORLD_SIZE: "4" }, /RANK: expected a whole number/],
    [{ RANK: "1", WORLD_SIZE: "4" }, /MASTER_ADDR/],
    [{ PMI_RANK: "1", PMI_SIZE: "4" }, /MASTER_ADDR/],
  ] as const) {
    assert.throws(() => worldOf(variables), about);
  }
});

/** Why ranks of mpirun cannot be tried; undefined where they can. */
function withoutMpi(): string | undefined {
  try {
    loadMpi();
  } catch (error) {
    return (error as Error).message;
  }
  const { status, error } = spawnSync("mpirun", ["--version"]);
  return status === 0 ? undefined : `no mpirun on the path: ${error?.message}`;
}

test("ranks of mpirun sum, gather and broadcast as those of sockets do", { skip: withoutMpi() }, () => {
  const script = join(folder, "rank.mjs");
  const module = new URL("../../../dist/parallel/join.js", import.meta.url);
  writeFileSync(
    script,
    `import { joinRanks } from ${JSON.stringify(module.href)};
    const ranks = await joinRanks();
    const values = Float32Array.from({ length: 1e6 }, (_, i) => i * (ranks.rank + 1));
    await ranks.sum(values);
    const whole = new Int32Array(4);
    await ranks.gather(Int32Array.of(ranks.rank, 7), whole);
    const first = Uint8Array.of(40 + ranks.rank);
    await ranks.broadcast(first);
    console.log(JSON.stringify({ size: ranks.size, carrier: ranks.carrier, value: values[999], whole: [...whole], first: first[0] }));
    await ranks.close();`,
  );
  const env = { ...process.env, OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
  const { stdout, stderr } = spawnSync("mpirun", ["-n", "2", "--oversubscribe", process.execPath, script], {
    env,
    encoding: "utf8",
    timeout: 60_000,
  });
  const lines = stdout.trim().split("\n");
  assert.equal(lines.length, 2, stderr);
  for (const line of lines) {
    const { carrier, ...result } = JSON.parse(line) as Record<string, unknown>;
    assert.match(String(carrier), /^Open MPI \d/);
    assert.deepEqual(result, { size: 2, value: 2997, whole: [0, 7, 1, 7], first: 40 });
  }
});
