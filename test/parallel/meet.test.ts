/** Who knocks at the port where ranks meet: strangers, ranks of other runs, and those that come twice. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { joinSockets } from "#src/parallel/sockets.ts";

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function knock(port: number, bytes: Uint8Array): Promise<Socket> {
  for (;;) {
    const socket = connect(port, "127.0.0.1").on("error", () => {});
    const connected = await once(socket, "connect").catch(() => undefined);
    if (connected !== undefined) {
      socket.resume().write(bytes);
      return socket;
    }
    await sleep(20); // rank 0 does not listen yet
  }
}

const greeting = (...words: number[]) => new Uint8Array(Int32Array.from(words).buffer);
const numbers = (...values: number[]) => {
  const bytes = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((value, i) => {
    bytes.setFloat64(8 * i, value);
  });
  return new Uint8Array(bytes.buffer);
};
const ranksWord = 0x4c464942;

test("strangers are shown the door and the ranks meet all the same", { timeout: 30_000 }, async () => {
  const meeting = { host: "localhost", port: await freePort() };
  const zero = joinSockets({ rank: 0, size: 2, meeting, patience: 20_000 });
  const strangers: Socket[] = [];
  for (const bytes of [
    new Uint8Array(0),
    new TextEncoder().encode("abc"),
    new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    numbers(Number.NaN, 1),
    numbers(-1e300, 1),
    numbers(2 ** 52, 1),
    new Uint8Array(2 ** 22).fill(7),
    greeting(ranksWord, -1, 2, 0),
    greeting(ranksWord, 2, 2, 0),
    greeting(ranksWord, 1, 2, 2),
  ]) {
    strangers.push(await knock(meeting.port, bytes));
  }
  const one = joinSockets({ rank: 1, size: 2, meeting, patience: 20_000 });
  const sums = await Promise.all(
    [zero, one].map(async (joining) => {
      const ranks = await joining;
      const values = Float32Array.of(ranks.rank + 1);
      await ranks.sum(values);
      await ranks.close();
      return values[0];
    }),
  );
  assert.deepEqual(sums, [3, 3]);
  for (const stranger of strangers) if (!stranger.closed) await once(stranger, "close");
});

test("a rank of another run, and one that came already, are told so; who went may come again", async () => {
  const meeting = { host: "127.0.0.1", port: await freePort() };
  const zero = joinSockets({ rank: 0, size: 3, meeting, patience: 20_000 });
  await assert.rejects(
    joinSockets({ rank: 1, size: 4, meeting, patience: 20_000 }),
    /it is one of 3 ranks, this is rank 1 of 4/,
  );
  const gone = [0, 1].map((line) => knock(meeting.port, greeting(ranksWord, 1, 3, line)));
  for (const socket of await Promise.all(gone)) {
    await sleep(20);
    socket.destroy();
  }
  await sleep(50);
  const one = joinSockets({ rank: 1, size: 3, meeting, patience: 20_000 });
  await sleep(100);
  await assert.rejects(
    joinSockets({ rank: 1, size: 3, meeting, patience: 20_000 }),
    /rank 1 at 127\.0\.0\.1 has come already/,
  );
  const two = joinSockets({ rank: 2, size: 3, meeting, patience: 20_000 });
  await Promise.all([zero, one, two].map(async (joining) => (await joining).close()));
});

test("those that have come are told for whom rank 0 waited in vain", async () => {
  const meeting = { host: "127.0.0.1", port: await freePort() };
  const missed = /expected 3 ranks in 0\.5 s, got all but rank 2;/;
  await Promise.all(
    [0, 1].map((rank) => assert.rejects(joinSockets({ rank, size: 3, meeting, patience: 500 }), missed)),
  );
});

test("an answer that is no rank's, and a name that means nothing, are said", async () => {
  const server = createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.2\r\n")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const joining = { rank: 1, size: 2, patience: 2000 };
  await assert.rejects(
    joinSockets({ ...joining, meeting: { host: "127.0.0.1", port } }),
    /rank 0 at 127\.0\.0\.1:\d+: expected all ranks until the end of the run, got what no rank sends/,
  );
  server.close();
  await assert.rejects(
    joinSockets({ ...joining, meeting: { host: "head.invalid", port }, patience: 0 }),
    /rank 1: expected rank 0 at head\.invalid:\d+ in 0 s, got (getaddrinfo|no answer)/,
  );
});
