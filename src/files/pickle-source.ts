import { fail } from "../core/index.ts";
import type { ByteSource } from "./byte-source.ts";

/** The bytes of pickles, in order, through a small window: what follows them in the file is never held. */

const windowBytes = 2 ** 16;
/** Longest line of a text opcode: a name or a number in digits. */
const maxLineBytes = 1024;
/** Longest text or byte string, well below what a JavaScript string may hold. */
const maxTakenBytes = 2 ** 28;

/** Reads at a position that moves on; every method throws BifocalError "checkpoint" at the end of the bytes. */
export interface PickleSource {
  readonly where: string;
  position(): number;
  byte(): number;
  /** A view or copy of the next bytes, valid until the next call. */
  take(length: number): Buffer;
  /** The text before the next line end. */
  line(): string;
}

/** The bytes of `source` from its start on; errors name `where`. */
export function pickleSource({ size, readSome }: ByteSource, where: string): PickleSource {
  const window = Buffer.alloc(Math.min(windowBytes, size));
  let start = 0; // of the window in the file
  let filled = 0;
  let next = 0; // in the window

  const defect = (expected: string, got: string) =>
    fail("checkpoint", where, {
      expected,
      got,
      todo: "the file is damaged or no PyTorch file; fetch or save it again",
    });
  const cut = () => defect("a pickle that ends", `the end of its bytes at ${size}`);
  const fill = (target: Buffer, from: number) => {
    let done = 0;
    while (done < target.length) {
      const count = readSome(target.subarray(done), from + done);
      if (count === 0) cut();
      done += count;
    }
  };
  const advance = () => {
    start += filled;
    next = 0;
    filled = Math.min(window.length, size - start);
    if (filled <= 0) cut();
    fill(window.subarray(0, filled), start);
  };
  const byte = () => {
    if (next === filled) advance();
    return window[next++]!;
  };
  const take = (length: number) => {
    if (length <= filled - next) {
      next += length;
      return window.subarray(next - length, next);
    }
    const position = start + next;
    if (length > size - position) cut();
    if (length > maxTakenBytes) defect(`texts of at most ${maxTakenBytes} bytes in a pickle`, `${length}`);
    const bytes = Buffer.alloc(length);
    const held = window.copy(bytes, 0, next, filled);
    fill(bytes.subarray(held), position + held);
    start = position + length;
    filled = 0;
    next = 0;
    return bytes;
  };
  const line = () => {
    const bytes: number[] = [];
    for (let value = byte(); value !== 0x0a; value = byte()) {
      if (bytes.push(value) > maxLineBytes) {
        defect(`lines of at most ${maxLineBytes} bytes in a pickle`, "a longer one");
      }
    }
    return Buffer.from(bytes).toString("utf8");
  };
  return { where, position: () => start + next, byte, take, line };
}
