import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { crc32c } from "./crc32c.ts";
import { frame, openTensorboard, scalarsEvent, startEvent, textEvent, versionEvent } from "./tensorboard.ts";

test("the checksum is that of RFC 3720, appendix B.4", () => {
  assert.equal(crc32c(Buffer.from("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
});

// Goldens: the Python packages tensorboard 2.21.0 (event_pb2, masked_crc32c) and protobuf 7.36.2, wall_time 1234.5.
test("the frames are those that TensorBoard's own protocol buffers give", () => {
  const hex = (event: Uint8Array) => frame(event).toString("hex");
  assert.equal(
    hex(versionEvent(1234.5)),
    "1800000000000000a37f4b220900000000004a93401a0d627261696e2e4576656e743a3265b8d3fb",
  );
  assert.equal(
    hex(startEvent(1234.5, 301)),
    "100000000000000095fbfe180900000000004a934010ad023a020801c02893a5",
  );
  assert.equal(
    hex(scalarsEvent(1234.5, 300, { loss: 2.25, lr: 0.001 })),
    "2600000000000000734fe3000900000000004a934010ac022a180a0b0a046c6f737315000010400a090a026c72156f12833ac7adeffd",
  );
  assert.equal(
    hex(textEvent(1234.5, 5, "note", "héllo")),
    "2f000000000000006d5d1d500900000000004a934010052a220a200a046e6f7465" +
      "420c08071200420668c3a96c6c6f4a0a0a060a04746578742002fe708e4f",
  );
});

test("each opening starts a further file with a session start", () => {
  const folder = mkdtempSync(join(tmpdir(), "bifocal-tensorboard-"));
  for (const firstStep of [1, 201]) {
    const board = openTensorboard(folder, firstStep);
    board.scalars(firstStep, { "train/loss": 1 / firstStep });
    board.text(firstStep, "samples", "a *cat*");
    board.close();
  }
  const names = readdirSync(folder).sort();
  assert.deepEqual(names, [
    "events.out.tfevents.0000000000.bifocal",
    "events.out.tfevents.0000000001.bifocal",
  ]);
  const bytes = readFileSync(join(folder, names[1]!));
  const payloads: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    payloads.push(bytes.subarray(at + 12, at + 12 + length));
    assert.deepEqual(bytes.subarray(at, at + length + 16), frame(payloads.at(-1)!));
    at += length + 16;
  }
  assert.equal(payloads.length, 4);
  const wallTime = payloads[1]!.readDoubleLE(1);
  assert.deepEqual(payloads[1], startEvent(wallTime, 201));
  assert.deepEqual(payloads[2], scalarsEvent(payloads[2]!.readDoubleLE(1), 201, { "train/loss": 1 / 201 }));
  rmSync(folder, { recursive: true });
});
