import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** A model as the fake hub holds it. Files ending in .safetensors are kept as LFS files: on another host. */
export interface FakeModel {
  readonly commit: string;
  readonly branches: readonly string[];
  readonly files: Readonly<Record<string, Buffer>>;
}

/** A request as it came in; `host` tells the hub from its file store. */
export interface Seen {
  readonly host: "hub" | "store";
  readonly url: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

/** A failure on demand: answers the request itself and returns true, or leaves it to the hub. */
export type Trouble = (seen: Seen, response: ServerResponse) => boolean;

/** The hub's two hosts on this machine, for one test. */
export interface FakeHub {
  readonly endpoint: string;
  readonly seen: Seen[];
  /** Asked first about every request. */
  trouble: Trouble;
  /** Replaces parts of the answer that lists a model's files. */
  rewrite: (answer: Record<string, unknown>) => unknown;
}

export const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
export const gitSha1 = (bytes: Buffer) =>
  createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
const isLfs = (name: string) => name.endsWith(".safetensors");

/** Starts it; it ends with the test. */
export async function fakeHub(t: TestContext, models: Readonly<Record<string, FakeModel>>): Promise<FakeHub> {
  const hub: FakeHub = { endpoint: "", seen: [], trouble: () => false, rewrite: (answer) => answer };
  const watch = (host: Seen["host"], answer: RequestListener): RequestListener => {
    return (request, response) => {
      const { authorization, range } = request.headers;
      const seen: Seen = { host, url: request.url ?? "", authorization, range };
      hub.seen.push(seen);
      if (!hub.trouble(seen, response)) answer(request, response);
    };
  };
  const store = await listen(
    t,
    watch("store", (request, response) => send(request, response, models)),
  );
  const own = watch("hub", (request, response) => {
    const url = new URL(request.url ?? "", "http://hub");
    const api = /^\/api\/models\/(.+)\/revision\/([^/]+)$/.exec(url.pathname);
    const file = /^\/(.+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname);
    const id = api?.[1] ?? file?.[1] ?? "";
    const revision = decodeURIComponent(api?.[2] ?? file?.[2] ?? "");
    const model = models[id];
    if (model === undefined)
      return refuse(response, request.headers.authorization ? 404 : 401, "RepoNotFound");
    if (revision !== model.commit && !model.branches.includes(revision)) {
      return refuse(response, 404, "RevisionNotFound");
    }
    if (api !== null) {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(hub.rewrite(listing(id, model, url.searchParams.has("blobs")))));
      return;
    }
    const name = decodeURIComponent(file?.[3] ?? "");
    const bytes = model.files[name];
    if (bytes === undefined) return refuse(response, 404, "EntryNotFound");
    response.setHeader("x-repo-commit", model.commit);
    if (isLfs(name)) {
      response.setHeader("x-linked-etag", `"${sha256(bytes)}"`);
      response.setHeader("x-linked-size", bytes.length);
      response.setHeader("location", `${store}${url.pathname}?signature=secret`);
      response.writeHead(302).end();
    } else send(request, response, models);
  });
  return Object.assign(hub, { endpoint: await listen(t, own) });
}

function listing(id: string, { commit, files }: FakeModel, blobs: boolean): Record<string, unknown> {
  const siblings = Object.entries(files).map(([rfilename, bytes]) => {
    if (!blobs) return { rfilename };
    const size = bytes.length;
    if (!isLfs(rfilename)) return { rfilename, size, blobId: gitSha1(bytes) };
    const pointer = Buffer.from(`pointer to ${sha256(bytes)}`);
    const lfs = { sha256: sha256(bytes), size, pointerSize: pointer.length };
    return { rfilename, size, blobId: gitSha1(pointer), lfs };
  });
  return { id, sha: commit, private: false, tags: ["vision"], siblings };
}

/** The file's bytes, or those from the start of a range on. */
function send(
  request: IncomingMessage,
  response: ServerResponse,
  models: Readonly<Record<string, FakeModel>>,
): void {
  const [, id = "", name = ""] =
    /^\/(.+)\/resolve\/[^/]+\/(.+)$/.exec(new URL(request.url ?? "", "http://x").pathname) ?? [];
  const bytes = models[id]?.files[decodeURIComponent(name)];
  if (bytes === undefined) {
    refuse(response, 404, "EntryNotFound");
    return;
  }
  response.setHeader("etag", `"${isLfs(name) ? sha256(bytes) : gitSha1(bytes)}"`);
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const body = request.method === "HEAD" ? undefined : bytes.subarray(start);
  if (start > 0) response.setHeader("content-range", `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
  response.setHeader("content-length", bytes.length - start);
  response.writeHead(start > 0 ? 206 : 200).end(body);
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.setHeader("x-error-code", reason);
  response.writeHead(status).end("{}");
}

async function listen(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
