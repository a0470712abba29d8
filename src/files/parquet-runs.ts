import { fail } from "../core/index.ts";

/** Looks at Parquet's "RLE / bit-packing hybrid" without decoding it into an array (Parquet format, Encodings.md). */

/** Says that a Parquet file is damaged. @throws BifocalError "data" always. */
export function parquetDefect(where: string, expected: string, got: string): never {
  fail("data", where, { expected, got, todo: "the file is damaged or truncated; fetch or make it again" });
}

/** Runs that end the bytes may be filled up with values that do not count. */
const maxPadding = 511;

/**
 * Checks that `bytes` are runs of `count` values of `width` bits, none above `largest`; returns how many are `largest`.
 * @throws BifocalError "data" at `where` for runs that are longer, cut, or hold larger values.
 */
export function checkRuns(
  bytes: Buffer,
  width: number,
  count: number,
  largest: number,
  where: string,
): number {
  let at = 0;
  let found = 0;
  const take = (value: number, times: number) => {
    if (value > largest) parquetDefect(where, `values up to ${largest}`, String(value));
    if (value === largest) found += times;
  };
  for (let left = count; left > 0; ) {
    let header = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = bytes[at++] ?? parquetDefect(where, `${left} more values`, "the end of the page");
      if (shift > 28) parquetDefect(where, "the length of a run", "a longer number");
      header += (byte & 127) * 2 ** shift;
      more = byte > 127;
    }
    const isPacked = header % 2 === 1;
    const values = Math.floor(header / 2) * (isPacked ? 8 : 1);
    const used = Math.min(values, left);
    const runBytes = Math.ceil(isPacked ? (used * width) / 8 : width / 8);
    if (values - left > (isPacked ? maxPadding : 0) || at + runBytes > bytes.length) {
      parquetDefect(where, `a run of at most ${left} values`, String(values));
    }
    if (isPacked) {
      for (let i = 0; i < used; i++) take(bitsAt(bytes, at * 8 + i * width, width), 1);
    } else take(bitsAt(bytes, at * 8, width), values);
    at += isPacked ? (values / 8) * width : runBytes;
    left -= used;
  }
  return found;
}

/** A number of up to 32 bits from any bit on, lowest bit first. */
function bitsAt(bytes: Buffer, bit: number, width: number): number {
  let value = 0;
  for (let done = 0; done < width; ) {
    const offset = (bit + done) % 8;
    const taken = Math.min(8 - offset, width - done);
    value += ((bytes[Math.floor((bit + done) / 8)]! >> offset) & (2 ** taken - 1)) * 2 ** done;
    done += taken;
  }
  return value;
}
