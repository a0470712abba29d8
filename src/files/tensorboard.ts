import { readdirSync } from "node:fs";
import { join } from "node:path";
import { assert } from "../core/index.ts";
import { openAppend } from "./append.ts";
import { crc32c } from "./crc32c.ts";

/**
 * TensorBoard event files: Event protocol buffers (tensorflow/core/util/event.proto) in TFRecord frames.
 *
 * Resuming: each opening starts a further file, which begins with a session start at the first step to come, so that
 * what a killed run wrote after its last checkpoint is not shown twice, even in a TensorBoard that was open all the
 * time. TensorBoard's Python loader forgets all later points at that mark, its default data server those of a curve
 * when the curve's next point comes. Old files are never changed.
 */

const infix = ".tfevents.";

/** An open event file, for steps from the one it was opened at. Its methods throw BifocalError when the machine fails. */
export interface TensorboardWriter {
  /** Adds one point to each named curve. */
  scalars(step: number, values: Readonly<Record<string, number>>): void;
  /** Adds a Markdown text under `tag`. */
  text(step: number, tag: string, markdown: string): void;
  close(): void;
}

/** Starts an event file in `folder` for the steps from `firstStep` on. @throws BifocalError when the machine fails. */
export function openTensorboard(folder: string, firstStep: number): TensorboardWriter {
  const number = readdirSync(folder).filter((name) => name.includes(infix)).length;
  // TensorBoard reads the files in the order of their names.
  const file = openAppend(join(folder, `events.out${infix}${String(number).padStart(10, "0")}.bifocal`));
  const write = (event: Uint8Array) => file.append(frame(event));
  const now = () => Date.now() / 1000;
  write(versionEvent(now()));
  write(startEvent(now(), firstStep));
  return {
    scalars: (step, values) => write(scalarsEvent(now(), step, values)),
    text: (step, tag, markdown) => write(textEvent(now(), step, tag, markdown)),
    close: file.close,
  };
}

/** A TFRecord: length, its masked checksum, the bytes, their masked checksum. */
export function frame(bytes: Uint8Array): Buffer {
  const record = Buffer.alloc(bytes.length + 16);
  record.writeBigUInt64LE(BigInt(bytes.length));
  record.writeUInt32LE(maskedChecksum(record.subarray(0, 8)), 8);
  record.set(bytes, 12);
  record.writeUInt32LE(maskedChecksum(bytes), bytes.length + 12);
  return record;
}

/** TFRecord rotates and shifts checksums, since a checksum of data that holds checksums is weak. */
function maskedChecksum(bytes: Uint8Array): number {
  const checksum = crc32c(bytes);
  return (((checksum >>> 15) | (checksum << 17)) + 0xa282ead8) >>> 0;
}

/** The event every file begins with. */
export function versionEvent(wallTime: number): Buffer {
  return message(float64(1, wallTime), bytesField(3, text("brain.Event:2")));
}

/** SessionLog START: drops earlier points from `step` on. */
export function startEvent(wallTime: number, step: number): Buffer {
  return message(float64(1, wallTime), integer(2, step), bytesField(7, integer(1, 1)));
}

/** One event with a simple value (f32) per tag. `wallTime` in seconds since 1970. */
export function scalarsEvent(
  wallTime: number,
  step: number,
  values: Readonly<Record<string, number>>,
): Buffer {
  const points = Object.entries(values).map(([tag, value]) =>
    bytesField(1, message(bytesField(1, text(tag)), float32(2, value))),
  );
  return message(float64(1, wallTime), integer(2, step), bytesField(5, message(...points)));
}

/** A scalar string tensor for TensorBoard's text plugin. */
export function textEvent(wallTime: number, step: number, tag: string, markdown: string): Buffer {
  const stringTensor = message(integer(1, 7), bytesField(2, message()), bytesField(8, text(markdown)));
  const plugin = message(bytesField(1, bytesField(1, text("text"))), integer(4, 2)); // 2: data class tensor
  const value = message(bytesField(1, text(tag)), bytesField(8, stringTensor), bytesField(9, plugin));
  return message(float64(1, wallTime), integer(2, step), bytesField(5, bytesField(1, value)));
}

// Protocol buffer wire format: a field is varint(number * 8 + type) and a value of that type.

const message = (...fields: Uint8Array[]): Buffer => Buffer.concat(fields);
const text = (value: string): Buffer => Buffer.from(value);

function varint(value: number): Buffer {
  assert(Number.isSafeInteger(value) && value >= 0, `${value} is no varint`);
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

function integer(field: number, value: number): Buffer {
  return message(varint(field * 8), varint(value));
}

function bytesField(field: number, value: Uint8Array): Buffer {
  return message(varint(field * 8 + 2), varint(value.length), value);
}

function float64(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return message(varint(field * 8 + 1), bytes);
}

function float32(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return message(varint(field * 8 + 5), bytes);
}
