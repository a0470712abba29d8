/**
 * How ranks find one another: each connects to rank 0 and says which of how many it is. Nothing that a connection sends
 * before is believed or kept, so a port scanner is no trouble.
 */
import { once } from "node:events";
import { createServer, isIP, type Socket, connect as socketTo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { BifocalError } from "../core/errors.ts";
import { bytesOf } from "./communicator.ts";
import { type Channel, openChannel } from "./socket-channel.ts";
import type { Meeting } from "./world.ts";

/** As whom and where a rank joins, and how many milliseconds it waits for the others. */
export interface Joining {
  readonly rank: number;
  readonly size: number;
  readonly meeting: Meeting;
  readonly patience: number;
}

/** First word of a greeting; the rank, the number of ranks and which of the rank's connections it is follow. */
const magic = 0x4c464942;
const greetingBytes = 16;
/** What rank 0 sends when all have come. */
const welcome = Uint8Array.of(1);
/** So long a connection may take to greet. */
const greetingMilliseconds = 10_000;
/** So long an attempt to connect may go unanswered. */
const attemptMilliseconds = 5000;
const pauseMilliseconds = 100;
/**
 * A silent connection's other end is asked after so long, and by Node ten times more, once a second; then it is gone.
 * The hosts' kernels do that, however busy the processes are.
 */
const keepAlive = { keepAlive: true, keepAliveInitialDelay: 10_000 } as const;
/** Who waits longer says for whom. */
const silenceMilliseconds = 10_000;

/** A rank's connections: for data and, between hosts, one that shows whether the other host is still there. */
const linesAt = (meeting: Meeting) => ("path" in meeting ? 1 : 2);

/** Rank 0's channels to the others, in order of ranks. @throws BifocalError "backend" when one does not come in time. */
export async function receive({ size, meeting, patience }: Joining): Promise<Channel[]> {
  const lines = linesAt(meeting);
  const others = Array.from({ length: size - 1 }, (_, i) => i + 1);
  const found = Array.from({ length: size }, (): (Socket | undefined)[] => []);
  const missing = () => others.filter((rank) => found[rank]!.filter(Boolean).length < lines);
  const strangers = new Set<Socket>();

  /** Keeps the connection of a rank, tells one that does not fit why, and drops everybody else's. */
  const admit = async (socket: Socket): Promise<void> => {
    socket.on("error", () => {}); // 'close' follows
    strangers.add(socket);
    const [word, rank = 0, all, line = 0] = await greetingOf(socket);
    strangers.delete(socket);
    const own = found[rank];
    const refuse = (reason: string) => openChannel(socket, "").abandon(reason);
    if (word !== magic) {
      socket.destroy();
    } else if (all !== size || own === undefined || rank < 1 || line < 0 || line >= lines) {
      await refuse(`it is one of ${size} ranks, this is rank ${rank} of ${all}`);
    } else if (own[line] !== undefined) {
      await refuse(`${named(rank, own[line])} has come already`);
    } else {
      own[line] = socket;
      // It may come again while others are waited for.
      socket.once("close", () => {
        if (own[line] === socket) own[line] = undefined;
      });
    }
  };

  const server = createServer(keepAlive);
  const stopSaying = sayLater(() => `rank 0 waits at ${show(meeting)} for rank ${missing().join(", ")}`);
  let timer: NodeJS.Timeout | undefined;
  let problem = await new Promise<BifocalError | undefined>((resolve) => {
    const end = (expected: string, got: string) => resolve(trouble(0, expected, got));
    timer = setTimeout(
      () => end(`${size} ranks in ${patience / 1000} s`, `all but rank ${missing().join(", ")}`),
      patience,
    );
    server.on("error", (error) => end(`a free place at ${show(meeting)}`, said(error)));
    server.on("connection", async (socket) => {
      await admit(socket);
      if (missing().length === 0) resolve(undefined);
    });
    if ("path" in meeting) server.listen(meeting.path);
    // What a name means here, 127.0.1.1 for example, may be another address than the others find.
    else server.listen(meeting.port, isIP(meeting.host) === 0 ? undefined : meeting.host);
  });
  clearTimeout(timer);
  stopSaying();
  server.close();
  for (const socket of strangers) socket.destroy();
  const channels = others.flatMap((rank) => {
    const [data, lifeline] = found[rank]!;
    if (data !== undefined) return openChannel(data, named(rank, data), lifeline);
    lifeline?.destroy();
    return [];
  });
  problem ??= await Promise.all(channels.map((channel) => channel.write(welcome))).then(
    () => undefined,
    (error: BifocalError) => error,
  );
  if (problem === undefined) return channels;
  const { message } = problem;
  await Promise.all(channels.map((channel) => channel.abandon(message)));
  throw problem;
}

/** The channel to rank 0. @throws BifocalError "backend" when rank 0 is not found in time, or has no place for this rank. */
export async function call({ rank, size, meeting, patience }: Joining): Promise<Channel> {
  const until = performance.now() + patience;
  const zero = `rank 0 at ${show(meeting)}`;
  let awaited = zero;
  const stopSaying = sayLater(() => `rank ${rank} waits for ${awaited}`);
  try {
    let found = await attempt(meeting);
    while (found instanceof Error) {
      if (performance.now() > until) throw trouble(rank, `${zero} in ${patience / 1000} s`, said(found));
      awaited = `${zero}: ${said(found)}`;
      await sleep(pauseMilliseconds); // rank 0 may not be there yet
      found = await attempt(meeting);
    }
    awaited = "the other ranks";
    const [data, lifeline] = found as [Socket, Socket?];
    for (const [line, socket] of found.entries())
      socket.write(bytesOf(Int32Array.of(magic, rank, size, line)));
    // Longer than rank 0 waits, which knows who is missing.
    data.setTimeout(patience + attemptMilliseconds);
    lifeline?.setTimeout(0);
    const channel = openChannel(data, zero, lifeline);
    await channel.read(new Uint8Array(welcome.length));
    data.setTimeout(0);
    return channel;
  } finally {
    stopSaying();
  }
}

/** Connects all lines of a rank, or none. */
async function attempt(meeting: Meeting): Promise<Socket[] | Error> {
  const sockets = Array.from({ length: linesAt(meeting) }, () => socketTo({ ...meeting, ...keepAlive }));
  for (const socket of sockets) {
    socket.on("error", () => {}); // also of the second one to fail
    socket.setTimeout(attemptMilliseconds).on("timeout", () => {
      socket.destroy(new Error(`no answer in ${(socket.timeout ?? 0) / 1000} s`));
    });
  }
  try {
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    return sockets;
  } catch (error) {
    for (const socket of sockets) socket.destroy();
    return error as Error;
  }
}

/** The words of a greeting; none from who sends less or nothing in time. Never reads more. */
async function greetingOf(socket: Socket): Promise<Int32Array> {
  const words = new Int32Array(greetingBytes / 4);
  socket.setTimeout(greetingMilliseconds, () => socket.destroy());
  const greeting = await new Promise<Buffer | null>((resolve) => {
    socket.once("close", () => resolve(null));
    socket.on("readable", function take() {
      const bytes = socket.read(greetingBytes) as Buffer | null;
      if (bytes === null) return;
      socket.off("readable", take);
      resolve(bytes);
    });
  });
  socket.setTimeout(0);
  if (greeting?.length !== greetingBytes) return new Int32Array(0);
  bytesOf(words).set(greeting);
  return words;
}

/** Writes a line to stderr after a while, unless it is stopped before. */
function sayLater(line: () => string): () => void {
  const timer = setTimeout(() => process.stderr.write(`${line()}\n`), silenceMilliseconds);
  return () => clearTimeout(timer);
}

/** "rank 3 at 10.0.0.7" */
function named(rank: number, { remoteAddress }: Socket): string {
  return remoteAddress === undefined
    ? `rank ${rank}`
    : `rank ${rank} at ${remoteAddress.replace(/^::ffff:/, "")}`;
}

function show(meeting: Meeting): string {
  return "path" in meeting ? meeting.path : `${meeting.host}:${meeting.port}`;
}

/** Where a name has several addresses, each has a reason of its own. */
function said(error: Error): string {
  return error instanceof AggregateError ? (error.errors as Error[]).map(said).join(", ") : error.message;
}

function trouble(rank: number, expected: string, got: string): BifocalError {
  const todo =
    "start all ranks at about the same time; MASTER_ADDR and MASTER_PORT name rank 0's host, as every host knows it, and a port there that is free and that no firewall closes";
  return new BifocalError({ code: "backend", where: `rank ${rank}`, expected, got, todo });
}
