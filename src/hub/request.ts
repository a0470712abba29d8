import { BifocalError, type ErrorFields, fail } from "../core/index.ts";

/** How the hub is reached. */
export interface Hub {
  /** Without a slash at the end. */
  readonly endpoint: string;
  /** Sent to the endpoint alone: `fetch` drops it when a redirect leads to another host. */
  readonly token?: string;
  /** Between two attempts, in milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
  /** Tells the user why it takes longer. */
  readonly note: (text: string) => void;
}

/** GET of a path below the endpoint; a status that is no success is thrown. */
export type Get = (path: string, headers?: Readonly<Record<string, string>>) => Promise<Response>;

const attempts = 5;
const firstWait = 1000;
/** A server that wants a longer pause is not waited for. */
const longestWait = 120_000;
const silence = 60_000;

/** Codes of connections that broke on the way; one that cannot be made at all is not tried again. */
const broken = /ECONNRESET|EPIPE|ETIMEDOUT|UND_ERR_(SOCKET|HEADERS_TIMEOUT|BODY_TIMEOUT)|HPE_|SILENT/;

/**
 * The hub that the environment names. @throws BifocalError where HF_ENDPOINT or HF_TOKEN cannot be used; their values,
 * which may be secret, are not shown.
 */
export function hubOf(env: NodeJS.ProcessEnv, { wait, note }: Pick<Hub, "wait" | "note">): Hub {
  const endpoint = (env.HF_ENDPOINT || "https://huggingface.co").trim().replace(/\/+$/, "");
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (!url || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "") {
    fail("usage", "HF_ENDPOINT", { expected: "an address like https://huggingface.co, without a password" });
  }
  const token = env.HF_TOKEN?.trim();
  if (!token) return { endpoint, wait, note };
  if (!/^[\x21-\x7e]+$/.test(token)) fail("usage", "HF_TOKEN", { expected: "one word of ASCII characters" });
  return { endpoint, token, wait, note };
}

/**
 * Runs `attempt` again after broken connections, server errors and "too many requests", with growing pauses or those
 * the server asks for. It calls `alive` with each piece it gets: a silent connection counts as broken.
 * @throws BifocalError where it failed for good.
 */
export async function persist<T>(
  hub: Hub,
  where: string,
  attempt: (get: Get, alive: () => void) => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    const controller = new AbortController();
    const silent = Object.assign(new Error(`nothing for ${silence / 1000} s`), { code: "SILENT" });
    const timer = setTimeout(() => controller.abort(new TypeError("silent", { cause: silent })), silence);
    const get: Get = async (path, headers) => {
      const authorization = hub.token === undefined ? {} : { authorization: `Bearer ${hub.token}` };
      const response = await fetch(hub.endpoint + path, {
        headers: { "user-agent": "bifocal", ...headers, ...authorization },
        signal: controller.signal,
      });
      if (!response.ok) throw refusal(hub, where, response);
      return response;
    };
    try {
      return await attempt(get, () => void timer.refresh());
    } catch (cause) {
      const error = connectionProblem(hub, where, cause);
      const pause = pauseAfter(error, failures);
      if (pause === undefined || failures === attempts || !(error instanceof BifocalError)) throw error;
      hub.note(`${where}: ${error.fields.got}; trying again in ${Math.ceil(pause / 1000)} s`);
      await hub.wait(pause);
    } finally {
      clearTimeout(timer);
      controller.abort(); // frees the connection of a response that was not read
    }
  }
}

/** Milliseconds until it is worth trying again; undefined where it is not. */
function pauseAfter(error: unknown, failures: number): number | undefined {
  if (!(error instanceof BifocalError)) return undefined;
  const grown = firstWait * 2 ** (failures - 1);
  const { cause } = error;
  if (!(cause instanceof Response)) return broken.test(codeOf(cause)) ? grown : undefined;
  if (cause.status !== 429 && cause.status < 500) return undefined;
  const asked = askedPause(cause.headers);
  if (asked === undefined) return grown;
  return asked > longestWait ? undefined : asked;
}

/** Retry-After in seconds or as a date, or the seconds "t" of the hub's own RateLimit header. */
function askedPause(headers: Headers): number | undefined {
  const after = headers.get("retry-after");
  const seconds = after ?? /;\s*t=(\d+)/.exec(headers.get("ratelimit") ?? "")?.[1];
  if (seconds === undefined) return undefined;
  const pause = /^\d+$/.test(seconds) ? Number(seconds) * 1000 : Date.parse(seconds) - Date.now();
  return Number.isNaN(pause) ? undefined : Math.max(pause, 0);
}

/** What `fetch` throws becomes a sentence; all else stays. */
function connectionProblem(hub: Hub, where: string, error: unknown): unknown {
  if (!(error instanceof TypeError) || !(error.cause instanceof Error)) return error;
  const { cause } = error;
  const reason = codeOf(cause) === "SILENT" ? cause.message : codeOf(cause) || cause.message;
  return new BifocalError(
    {
      code: "backend",
      where,
      got: `the connection to ${hub.endpoint} failed (${reason})`,
      todo: "check the network and run again, set HF_ENDPOINT to a mirror, or give a folder with the files",
    },
    cause,
  );
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && "code" in cause ? String(cause.code) : "";
}

function refusal(hub: Hub, where: string, response: Response): BifocalError {
  const host = new URL(response.url).host;
  const problem = new URL(hub.endpoint).host === host ? sayStatus(hub, where, response) : undefined;
  const other = {
    code: "backend",
    got: `status ${response.status} from ${host}`,
    todo: "run again later",
  } as const;
  return new BifocalError({ where, ...(problem ?? other) }, response);
}

/** What the hub means by a status; it says 401 also for what does not exist, to those without a token. */
function sayStatus(hub: Hub, where: string, response: Response): Omit<ErrorFields, "where"> | undefined {
  const reason = response.headers.get("x-error-code");
  const id = where.split("@")[0] ?? where;
  const signIn = hub.token === undefined ? "set HF_TOKEN to a token that may read it" : "check HF_TOKEN";
  if (reason === "GatedRepo") {
    const todo = `accept its conditions at ${hub.endpoint}/${id}, then ${signIn}`;
    return { code: "usage", got: `a gated model (status ${response.status})`, todo };
  }
  if (reason === "RevisionNotFound") {
    return { code: "usage", got: "no such revision", todo: `see ${hub.endpoint}/${id}/commits/main` };
  }
  const isModel = new URL(response.url).pathname.includes("/api/models/");
  if (response.status === 401 || (isModel && response.status === 404)) {
    const got = response.status === 404 ? "no such model" : "no such model, or a private one";
    const search = `${hub.endpoint}/models?search=${encodeURIComponent(id.split("/").at(-1) ?? id)}`;
    return {
      code: "usage",
      got: `${got} (status ${response.status})`,
      todo: `look at ${search}, or ${signIn}`,
    };
  }
  if (response.status === 403) return { code: "usage", got: "no permission (status 403)", todo: signIn };
  return undefined;
}
