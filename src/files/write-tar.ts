import { assert } from "../core/index.ts";
import { padded } from "./tar.ts";

/**
 * Writing tar archives that depend on names and bytes alone: no times, no owners, entries in the order given. What
 * ustar cannot hold (names over 100 bytes or outside ASCII) goes into a pax header.
 */

const maxSize = 8 ** 11 - 1;

/** Two empty blocks: the end of an archive. */
export const tarEnd = Buffer.alloc(1024);

/** One plain file with its header and padding; concatenated and closed with `tarEnd` they are an archive. */
export function tarEntry(name: string, bytes: Uint8Array): Uint8Array[] {
  assert(name !== "" && !name.includes("\0") && bytes.length <= maxSize, `tar cannot hold "${name}"`);
  const plain = Buffer.byteLength(name) <= 100 && /^[\x20-\x7e]+$/.test(name);
  const entry = [header(plain ? name : "pax", bytes.length, "0"), bytes, padding(bytes.length)];
  if (plain) return entry;
  const record = paxRecord("path", name);
  return [header("pax", record.length, "x"), record, padding(record.length), ...entry];
}

function padding(size: number): Uint8Array {
  return Buffer.alloc(padded(size) - size);
}

function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  // The length counts its own digits, which may make it one digit longer.
  const short = rest + String(rest).length;
  const length = rest + String(short).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

function header(name: string, size: number, type: string): Buffer {
  const block = Buffer.alloc(512);
  const octal = (value: number, digits: number) => value.toString(8).padStart(digits, "0");
  block.write(name, 0, "latin1");
  block.write(`${octal(0o644, 7)}\0${octal(0, 7)}\0${octal(0, 7)}\0`, 100);
  block.write(`${octal(size, 11)}\0${octal(0, 11)}\0`, 124);
  block.write(`        ${type}`, 148);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148);
  return block;
}
