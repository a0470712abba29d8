import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { BifocalError, type ErrorFields } from "#src/core/errors.ts";
import { locate, type Surroundings } from "#src/hub/locate.ts";
import { type FakeModel, fakeHub, gitSha1, sha256 } from "./fake-hub.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const other = "fedcba9876543210fedcba9876543210fedcba98";
const weights = Buffer.alloc(
  300_000,
  Uint8Array.from({ length: 251 }, (_, i) => i),
);
const config = Buffer.from('{"model_type":"clip"}\n');
const model: FakeModel = {
  commit,
  branches: ["main", "refs/pr/1"],
  files: {
    "config.json": config,
    "model.safetensors": weights,
    "onnx/model.onnx": Buffer.from("graph"),
    "pytorch_model.bin": Buffer.from("pickle"),
    "tokenizer.json": Buffer.from("{}"),
  },
};
const files = ["config.json", ["model.safetensors", "pytorch_model.bin"], "*.txt"] as const;

/** A hub with "org/clip", an empty cache, and surroundings that do not wait. */
async function setUp(
  t: TestContext,
  env: NodeJS.ProcessEnv = {},
  models: Readonly<Record<string, FakeModel>> = { "org/clip": model },
) {
  const hub = await fakeHub(t, models);
  const root = mkdtempSync(join(tmpdir(), "bifocal-hub-"));
  t.after(() => rmSync(root, { recursive: true }));
  const waits: number[] = [];
  const notes: string[] = [];
  const lines: string[] = [];
  const place: Surroundings = {
    env: { HF_HUB_CACHE: root, HF_ENDPOINT: hub.endpoint, ...env },
    wait: async (milliseconds) => void waits.push(milliseconds),
    note: (text) => void notes.push(text),
    output: {
      isTerminal: false,
      columns: () => 80,
      write: (text) => void lines.push(text),
      now: () => performance.now(),
    },
  };
  const folder = join(root, "models--org--clip");
  return { hub, root, folder, snapshot: join(folder, "snapshots", commit), place, waits, notes, lines };
}

/** The facts of the failure of `work`, which must not tell the token. */
async function problem(work: Promise<unknown>): Promise<ErrorFields> {
  const error = await work.then(
    () => assert.fail("it worked"),
    (error: unknown) => error,
  );
  assert.ok(error instanceof BifocalError, String(error));
  assert.doesNotMatch(error.message, /hf_secret|signature/);
  return error.fields;
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

test("the wanted files come into the cache as Python lays it out", async (t) => {
  const { hub, place, folder, snapshot, lines, notes } = await setUp(t);
  const located = await locate("org/clip", { files }, place);
  assert.deepEqual(located, { folder: snapshot, id: "org/clip", revision: commit });
  assert.deepEqual(readdirSync(snapshot).sort(), ["config.json", "model.safetensors"]);
  assert.equal(readlinkSync(join(snapshot, "config.json")), `../../blobs/${gitSha1(config)}`);
  assert.equal(readlinkSync(join(snapshot, "model.safetensors")), `../../blobs/${sha256(weights)}`);
  assert.deepEqual(readFileSync(join(snapshot, "model.safetensors")), weights);
  assert.deepEqual(readdirSync(join(folder, "blobs")).sort(), [gitSha1(config), sha256(weights)].sort());
  assert.equal(readFileSync(join(folder, "refs", "main"), "utf8"), commit);
  const tree = JSON.parse(readFileSync(join(folder, "trees", `${commit}.json`), "utf8"));
  assert.deepEqual(tree.files["config.json"], { size: config.length, blob_id: gitSha1(config) });
  assert.equal(tree.files["model.safetensors"].lfs_sha256, sha256(weights));
  assert.match(lines.at(-1)!, /^download org\/clip 1\/1 .*MB\/s {2}in /);
  assert.deepEqual(notes, []);
  assert.deepEqual(
    hub.seen.map(({ host, url }) => `${host} ${url.split("?")[0]}`),
    [
      "hub /api/models/org/clip/revision/main",
      `hub /org/clip/resolve/${commit}/config.json`,
      `hub /org/clip/resolve/${commit}/model.safetensors`,
      `store /org/clip/resolve/${commit}/model.safetensors`,
    ],
  );
});

test("a commit whose files are cached needs no network", async (t) => {
  const { hub, place, snapshot } = await setUp(t);
  await locate("org/clip", { files }, place);
  hub.seen.length = 0;
  const again = await locate(`org/clip@${commit}`, { files }, place);
  assert.deepEqual(again, { folder: snapshot, id: "org/clip", revision: commit });
  assert.deepEqual(await locate("org/clip", { files, revision: commit }, place), again);
  assert.equal(hub.seen.length, 0);
  await locate("org/clip", { files }, place); // a branch may have moved
  assert.equal(hub.seen.length, 1);
  await locate("org/clip", { files: ["tokenizer.json"], revision: commit }, place);
  assert.equal(hub.seen.at(-1)?.url, `/org/clip/resolve/${commit}/tokenizer.json`);
});

test("a file cut short in the cache is downloaded again", async (t) => {
  const { place, folder, snapshot } = await setUp(t);
  await locate("org/clip", { files }, place);
  truncateSync(join(folder, "blobs", sha256(weights)), 10);
  await locate("org/clip", { files, revision: commit }, place);
  assert.deepEqual(readFileSync(join(snapshot, "model.safetensors")), weights);
});

test("a list of files that is not cached makes a pattern unsure", async (t) => {
  const { hub, place, folder } = await setUp(t);
  await locate("org/clip", { files }, place);
  rmSync(join(folder, "trees"), { recursive: true });
  hub.seen.length = 0;
  await locate("org/clip", { files: ["config.json"], revision: commit }, place);
  assert.equal(hub.seen.length, 0);
  await locate("org/clip", { files, revision: commit }, place);
  assert.equal(hub.seen.length, 1);
  await locate("org/clip", { files, revision: commit }, place);
  assert.equal(hub.seen.length, 1);
});

test("a moved branch brings a new snapshot and shares the blobs that stayed", async (t) => {
  const moved = { ...model, commit: other, files: { ...model.files, "config.json": Buffer.from("{}\n") } };
  const models: Record<string, FakeModel> = { "org/clip": model };
  const { hub, place, folder } = await setUp(t, {}, models);
  await locate("org/clip@refs/pr/1", { files }, place);
  models["org/clip"] = moved;
  hub.seen.length = 0;
  const { revision } = await locate("org/clip@refs/pr/1", { files }, place);
  assert.equal(revision, other);
  assert.equal(readFileSync(join(folder, "refs", "refs", "pr", "1"), "utf8"), other);
  assert.deepEqual(readdirSync(join(folder, "snapshots", other)).sort(), [
    "config.json",
    "model.safetensors",
  ]);
  assert.equal(hub.seen.filter(({ url }) => url.includes("model.safetensors")).length, 0);
});

test("the token goes to the hub and to no other host", async (t) => {
  const { hub, place } = await setUp(t, { HF_TOKEN: " hf_secret\n" });
  await locate("org/clip", { files }, place);
  for (const { host, authorization } of hub.seen) {
    assert.equal(authorization, host === "hub" ? "Bearer hf_secret" : undefined);
  }
  assert.ok(hub.seen.some(({ host }) => host === "store"));
  const odd = await problem(
    locate("org/clip", { files }, { ...place, env: { ...place.env, HF_TOKEN: "hf_secret\nx" } }),
  );
  assert.equal(odd.where, "HF_TOKEN");
  const withPassword = { ...place.env, HF_ENDPOINT: "https://me:hf_secret@example.org" };
  assert.equal(
    (await problem(locate("org/clip", { files }, { ...place, env: withPassword }))).where,
    "HF_ENDPOINT",
  );
});

test("server errors and too many requests are waited for, within bounds", async (t) => {
  const { hub, place, waits, notes } = await setUp(t);
  const answers: [number, Record<string, string>][] = [
    [503, {}],
    [429, { "retry-after": "7" }],
    [500, {}],
    [429, { ratelimit: '"api";r=0;t=55' }],
  ];
  hub.trouble = (_, response) => {
    const [status, headers] = answers.shift() ?? [];
    if (status !== undefined) response.writeHead(status, headers).end();
    return status !== undefined;
  };
  await locate("org/clip", { files }, place);
  assert.deepEqual(waits, [1000, 7000, 4000, 55_000]);
  assert.match(notes[1]!, /^org\/clip@main: status 429 from 127.0.0.1:\d+; trying again in 7 s$/);

  hub.trouble = (_, response) => Boolean(response.writeHead(502).end());
  const lost = await problem(locate("org/clip", { files: ["tokenizer.json"] }, place));
  assert.equal(lost.code, "backend");
  assert.equal(waits.length, 8); // five attempts
  hub.trouble = (_, response) => Boolean(response.writeHead(429, { "retry-after": "3600" }).end());
  await problem(locate("org/clip", { files: ["tokenizer.json"] }, place));
  assert.equal(waits.length, 8);
});

test("a broken download goes on where it broke", async (t) => {
  const { hub, place, waits, folder, snapshot } = await setUp(t);
  const partial = join(folder, "blobs", `${sha256(weights)}.bifocal.incomplete`);
  let cut = 0;
  hub.trouble = ({ host }, response) => {
    if (host !== "store" || cut++ > 0) return false;
    response.writeHead(200, { "content-length": weights.length });
    response.write(weights.subarray(0, 100_000));
    const poll = setInterval(() => {
      if (statSync(partial).size < 100_000) return;
      clearInterval(poll);
      response.destroy();
    }, 1);
    return true;
  };
  await locate("org/clip", { files }, place);
  assert.deepEqual(waits, [1000]);
  assert.equal(hub.seen.at(-1)!.range, "bytes=100000-");
  assert.deepEqual(readFileSync(join(snapshot, "model.safetensors")), weights);
});

test("what a killed run left is completed, and begun again where it is spoilt or the server sends all", async (t) => {
  for (const [left, ranges, ignoresRange] of [
    [weights.subarray(0, 123), ["bytes=123-"], false],
    [Buffer.alloc(123, 7), ["bytes=123-", undefined], false],
    [weights.subarray(0, 123), ["bytes=123-"], true],
    [Buffer.concat([weights, config]), [undefined], false],
    [weights, [], false],
  ] as const) {
    const { hub, place, folder, snapshot } = await setUp(t);
    mkdirSync(join(folder, "blobs"), { recursive: true });
    writeFileSync(join(folder, "blobs", `${sha256(weights)}.bifocal.incomplete`), left);
    hub.trouble = ({ host }, response) => {
      if (host === "store" && ignoresRange) response.writeHead(200).end(weights);
      return host === "store" && ignoresRange;
    };
    await locate("org/clip", { files: ["model.safetensors"] }, place);
    assert.deepEqual(
      hub.seen.filter(({ host }) => host === "store").map(({ range }) => range),
      ranges,
    );
    assert.deepEqual(readFileSync(join(snapshot, "model.safetensors")), weights);
    assert.deepEqual(readdirSync(join(folder, "blobs")), [sha256(weights)]);
  }
});

test("other content than promised never appears under its name", async (t) => {
  for (const [wrong, ends] of [
    [Buffer.alloc(weights.length), true],
    [Buffer.concat([weights, config]), false], // a body without end is not read to its end
  ] as const) {
    const { hub, place, folder } = await setUp(t);
    hub.trouble = ({ host }, response) => {
      if (host !== "store") return false;
      response.writeHead(200).write(wrong);
      if (ends) response.end();
      return true;
    };
    const { code, expected } = await problem(locate("org/clip", { files: ["model.safetensors"] }, place));
    assert.equal(code, "data");
    assert.equal(expected, `300000 bytes with the checksum ${sha256(weights)}`);
    assert.deepEqual(readdirSync(join(folder, "blobs")), []);
    assert.deepEqual(readdirSync(join(folder, "snapshots", commit)), []);
  }
});

test("hostile lists of files are refused before anything is written", async (t) => {
  const { hub, place, root } = await setUp(t);
  const good = { size: 3, blobId: other };
  const names = ["../../x.txt", "/etc/x.txt", "a\\..\\x.txt", "a/./x.txt", "C:x.txt", "a\nb.txt", ""];
  const siblings = [
    ...names.map((rfilename) => ({ ...good, rfilename })),
    { rfilename: "x.txt", size: -1, blobId: other },
    { rfilename: "x.txt", size: 1e300, blobId: other },
    { rfilename: "x.txt", size: 3, blobId: "../../x" },
    { ...good, rfilename: "x.txt", lfs: { sha256: other, size: 3 } },
  ];
  for (const sibling of siblings) {
    hub.rewrite = (answer) => ({ ...answer, siblings: [sibling] });
    const { code } = await problem(locate("org/clip", { files: ["*.txt"] }, place));
    assert.equal(code, "data", JSON.stringify(sibling));
  }
  hub.rewrite = (answer) => ({ ...answer, sha: "../main" });
  assert.equal((await problem(locate("org/clip", { files }, place))).code, "data");
  hub.rewrite = (answer) => ({ ...answer, sha: other });
  assert.equal((await problem(locate(`org/clip@${commit}`, { files }, place))).got, other);
  hub.rewrite = () => "<html>";
  assert.equal((await problem(locate("org/clip", { files }, place))).code, "data");
  assert.deepEqual(readdirSync(root), []);
});

test("more bytes than the disk has free are refused before the download", async (t) => {
  const { hub, place } = await setUp(t);
  const huge = { rfilename: "x.txt", size: 2 ** 52, blobId: other };
  hub.rewrite = (answer) => ({ ...answer, siblings: [huge] });
  const { code, expected } = await problem(locate("org/clip", { files: ["x.txt"] }, place));
  assert.deepEqual([code, expected], ["backend", "4503599.6 GB free"]);
  assert.equal(hub.seen.length, 1);
});

test("HF_HUB_OFFLINE never asks", async (t) => {
  const { hub, place, root, folder, snapshot } = await setUp(t);
  const offline = { ...place, env: { ...place.env, HF_HUB_OFFLINE: "1" } };
  assert.deepEqual(await problem(locate("org/clip", { files }, offline)), {
    code: "usage",
    where: "org/clip@main",
    expected: `its files in ${folder}, for HF_HUB_OFFLINE is set`,
    got: "nothing of it",
    todo: "unset HF_HUB_OFFLINE, run it once where there is a network, or give a folder with the files",
  });
  assert.deepEqual(readdirSync(root), []);
  await locate("org/clip", { files }, place);
  const asked = hub.seen.length;
  assert.equal((await locate("org/clip", { files }, offline)).folder, snapshot);
  const { got } = await problem(locate("org/clip", { files: ["config.json", "vocab.txt"] }, offline));
  assert.equal(got, "no vocab.txt");
  assert.equal(hub.seen.length, asked);
});

test("with no network the cache serves, with a note; else the error says what was tried", async (t) => {
  const { place, snapshot, waits, notes } = await setUp(t);
  const port = await closedPort();
  const cut = { ...place, env: { ...place.env, HF_ENDPOINT: `http://127.0.0.1:${port}` } };
  const { code, got } = await problem(locate("org/clip", { files }, cut));
  assert.equal(code, "backend");
  assert.equal(got, `the connection to http://127.0.0.1:${port} failed (ECONNREFUSED)`);
  await locate("org/clip", { files }, place);
  assert.equal((await locate("org/clip", { files }, cut)).folder, snapshot);
  assert.match(notes.at(-1)!, new RegExp(`taking commit ${commit} from the cache`));
  assert.deepEqual(waits, []);
});

test("what the hub refuses is said in a sentence", async (t) => {
  const { hub, place } = await setUp(t);
  const signed = { ...place, env: { ...place.env, HF_TOKEN: "hf_secret" } };
  const unknown = await problem(locate("org/clop", { files }, place));
  assert.equal(unknown.got, "no such model, or a private one (status 401)");
  assert.equal(
    unknown.todo,
    `look at ${hub.endpoint}/models?search=clop, or set HF_TOKEN to a token that may read it`,
  );
  assert.equal((await problem(locate("org/clop", { files }, signed))).got, "no such model (status 404)");
  const revision = await problem(locate("org/clip@v2", { files }, place));
  assert.deepEqual([revision.where, revision.got], ["org/clip@v2", "no such revision"]);
  const file = await problem(locate("org/clip", { files: ["config.jsn"] }, place));
  assert.deepEqual(
    [file.expected, file.got, file.todo],
    ["config.jsn", "no such file there", "the nearest name is config.json"],
  );
  hub.trouble = ({ url }, response) => {
    if (!url.includes("resolve")) return false;
    response.writeHead(403, { "x-error-code": "GatedRepo" }).end();
    return true;
  };
  const gated = await problem(locate("org/clip", { files }, signed));
  assert.equal(gated.got, "a gated model (status 403)");
  assert.equal(gated.todo, `accept its conditions at ${hub.endpoint}/org/clip, then check HF_TOKEN`);
  hub.trouble = () => false;
  await locate("org/clip", { files: ["config.json"] }, signed);
  hub.trouble = (_, response) => Boolean(response.writeHead(403).end());
  const forbidden = await problem(locate("org/clip", { files: ["config.json"] }, signed)); // cached, but not silently
  assert.deepEqual([forbidden.got, forbidden.todo], ["no permission (status 403)", "check HF_TOKEN"]);
  hub.trouble = ({ host }, response) => host === "store" && Boolean(response.writeHead(403).end());
  const store = await problem(locate("org/clip", { files }, signed));
  assert.match(store.got!, /^status 403 from 127/);
});

test("two that want the same model at once download it once", async (t) => {
  const { hub, place, notes } = await setUp(t);
  const patient = { ...place, wait: () => new Promise<void>((done) => setTimeout(done, 5)) };
  const both = await Promise.all([
    locate("org/clip", { files }, patient),
    locate("org/clip", { files }, patient),
  ]);
  assert.deepEqual(both[0], both[1]);
  assert.equal(hub.seen.filter(({ host }) => host === "store").length, 1);
  assert.equal(notes.filter((note) => note.includes("; waiting for it")).length, 1);
});
