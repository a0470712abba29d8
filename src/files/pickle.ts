import { fail } from "../core/index.ts";
import { checkGlobal } from "./pickle-policy.ts";
import type { PickleSource } from "./pickle-source.ts";
import { literalBytes, rawUnicode } from "./pickle-text.ts";
import { isKind, type PickleGlobal, type PickleValue } from "./pickle-values.ts";

/**
 * A pickle machine that executes nothing (opcodes of protocols 0 to 5, but out-of-band buffers). It builds plain data; what Python would call is handed to the
 * host by name, which answers with data. Time and memory are bounded: every opcode costs one step, every element that
 * a step copies another, and what a length announces must be there before memory for it is taken.
 */

/** Steps a checkpoint's pickle may take; a tensor of a state dict needs about 40. */
const checkpointSteps = 2 ** 21;
/** Longest integer, bytes. */
const maxIntegerBytes = 1024;

/** What the machine does not know: blocks outside the pickle, and classes. */
export interface PickleHost {
  /** The object a persistent id stands for. */
  persistent(id: PickleValue): PickleValue;
  /** What a class or function would make of `args`; `spend` pays for elements that it copies. */
  construct(global: PickleGlobal, args: readonly PickleValue[], spend: (steps: number) => void): PickleValue;
}

interface Machine {
  readonly source: PickleSource;
  readonly host: PickleHost;
  readonly stack: PickleValue[];
  /** Heights of the stack at the open MARKs. */
  readonly marks: number[];
  readonly memo: Map<number, PickleValue>;
  readonly spend: (steps: number) => void;
}

/**
 * The object of the pickle that starts at the source's position, which moves behind it.
 * @throws BifocalError "checkpoint" for a damaged pickle, one that takes too many steps, one that names what runs code.
 */
export function readPickle(
  source: PickleSource,
  host: PickleHost,
  maxSteps: number = checkpointSteps,
): PickleValue {
  let steps = 0;
  const spend = (count: number) => {
    steps += count;
    if (steps > maxSteps) defect(source, `a pickle of at most ${maxSteps} steps`, "a longer one");
  };
  const machine: Machine = { source, host, stack: [], marks: [], memo: new Map(), spend };
  for (;;) {
    const code = source.byte();
    if (code === stop) break;
    const operation = operations[code];
    if (operation === undefined) {
      defect(source, "an opcode of a pickle", `byte 0x${code.toString(16).padStart(2, "0")}`);
    }
    spend(1);
    operation(machine);
  }
  if (machine.stack.length !== 1 || machine.marks.length !== 0) {
    defect(source, "one object", `${machine.stack.length}`);
  }
  return machine.stack[0]!;
}

function defect(source: PickleSource, expected: string, got: string): never {
  fail("checkpoint", `${source.where} before byte ${source.position()}`, {
    expected,
    got,
    todo: "the file is damaged or no PyTorch file; fetch or save it again",
  });
}

function pop(m: Machine): PickleValue {
  if (m.stack.length <= (m.marks.at(-1) ?? 0)) defect(m.source, "an object on the stack", "none");
  return m.stack.pop()!;
}

function top(m: Machine): PickleValue {
  const value = pop(m);
  m.stack.push(value);
  return value;
}

/** The objects since the last MARK, in order. */
function popMarked(m: Machine): PickleValue[] {
  const height = m.marks.pop();
  if (height === undefined) defect(m.source, "a mark on the stack", "none");
  return m.stack.splice(height);
}

function popMany(m: Machine, count: number): PickleValue[] {
  return Array.from({ length: count }, () => pop(m)).reverse();
}

function unsigned(m: Machine, bytes: number): number {
  const value = m.source.take(bytes);
  if (bytes < 8) return value.readUIntLE(0, bytes);
  const length = value.readBigUInt64LE();
  return length > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(length);
}

function text(m: Machine, lengthBytes: number): string {
  const bytes = m.source.take(unsigned(m, lengthBytes));
  return decoded(bytes) ?? defect(m.source, "text in UTF-8", "other bytes");
}

function decoded(bytes: Buffer): string | undefined {
  const value = bytes.toString("utf8");
  // Only a text that replaced bytes, or held the replacement character, needs the second look.
  return !value.includes("\ufffd") || Buffer.from(value).equals(bytes) ? value : undefined;
}

function binary(m: Machine, lengthBytes: number): Uint8Array {
  return Uint8Array.from(m.source.take(unsigned(m, lengthBytes)));
}

/** A byte string of Python 2: text wherever it can be. */
function byteString(m: Machine, lengthBytes: number): string | Uint8Array {
  return textOrBytes(m.source.take(unsigned(m, lengthBytes)));
}

function textOrBytes(bytes: Buffer): string | Uint8Array {
  return decoded(bytes) ?? Uint8Array.from(bytes);
}

function integer(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function long(m: Machine, lengthBytes: number): number | bigint {
  const length = unsigned(m, lengthBytes);
  if (length > maxIntegerBytes) {
    defect(m.source, `integers of at most ${maxIntegerBytes} bytes`, `${length} bytes`);
  }
  if (length === 0) return 0;
  const hex = Buffer.from(m.source.take(length)).reverse().toString("hex");
  return integer(BigInt.asIntN(8 * length, BigInt(`0x${hex}`)));
}

function decimal(m: Machine, line = m.source.line()): number | bigint {
  if (!/^-?\d+$/.test(line)) defect(m.source, "an integer in digits", JSON.stringify(line));
  return integer(BigInt(line));
}

function named(m: Machine, module: PickleValue, name: PickleValue): PickleGlobal {
  if (typeof module !== "string" || typeof name !== "string") defect(m.source, "a name", typeof name);
  return { kind: "global", name: checkGlobal(module, name, m.source.where) };
}

function construct(m: Machine, callable: PickleValue, args: PickleValue): PickleValue {
  if (!isKind(callable, "global")) defect(m.source, "a class or function by name", "another object");
  if (!Array.isArray(args)) defect(m.source, `a tuple of arguments for ${callable.name}`, "another object");
  return m.host.construct(callable, args, m.spend);
}

function append(m: Machine, target: PickleValue, values: readonly PickleValue[]): void {
  const items = isKind(target, "record") ? target.items : target;
  if (!Array.isArray(items)) defect(m.source, "a list to append to", "another object");
  for (const value of values) items.push(value);
}

function setItems(m: Machine, target: PickleValue, pairs: readonly PickleValue[]): void {
  const entries = isKind(target, "record") ? target.entries : target;
  if (!(entries instanceof Map)) defect(m.source, "a dict to set items of", "another object");
  if (pairs.length % 2 !== 0) defect(m.source, "pairs of key and value", "a key without value");
  for (let i = 0; i < pairs.length; i += 2) entries.set(pairs[i]!, pairs[i + 1]!);
}

function dict(m: Machine, pairs: readonly PickleValue[]): Map<PickleValue, PickleValue> {
  const entries = new Map<PickleValue, PickleValue>();
  setItems(m, entries, pairs);
  return entries;
}

function build(m: Machine, state: PickleValue): void {
  const target = top(m);
  if (isKind(target, "record")) target.state = state;
  // Attributes of a dict (a state dict's versions of its modules) are no members of it, and nothing reads them.
  else if (!(target instanceof Map)) defect(m.source, "an object to give a state", "another value");
}

function get(m: Machine, index: number | bigint): void {
  const value = m.memo.get(Number(index));
  if (value === undefined) defect(m.source, "an object that was memoized", `number ${index}`);
  m.stack.push(value);
}

const stop = ".".charCodeAt(0);

type Operation = (m: Machine) => void;

/** An operation that pushes what `make` returns. */
function pushes(make: (m: Machine) => PickleValue): Operation {
  return (m) => {
    m.stack.push(make(m));
  };
}

/** Opcodes by their character, grouped as Python's pickletools does. */
const table: Readonly<Record<string, Operation>> = {
  // numbers
  I: pushes((m) => {
    const line = m.source.line();
    return line === "01" || line === "00" ? line === "01" : decimal(m, line);
  }),
  J: pushes((m) => m.source.take(4).readInt32LE()),
  K: pushes((m) => unsigned(m, 1)),
  M: pushes((m) => unsigned(m, 2)),
  L: pushes((m) => decimal(m, m.source.line().replace(/L$/, ""))),
  "\x8a": pushes((m) => long(m, 1)),
  "\x8b": pushes((m) => long(m, 4)),
  G: pushes((m) => m.source.take(8).readDoubleBE()),
  F: pushes((m) => {
    const line = m.source.line();
    const value = Number(line);
    if (line.trim() === "" || Number.isNaN(value)) defect(m.source, "a number", JSON.stringify(line));
    return value;
  }),
  N: pushes(() => null),
  "\x88": pushes(() => true),
  "\x89": pushes(() => false),
  // texts and bytes
  S: pushes((m) => {
    const line = m.source.line();
    return textOrBytes(literalBytes(line) ?? defect(m.source, "a text in quotes", JSON.stringify(line)));
  }),
  V: pushes((m) => {
    const line = m.source.line();
    return rawUnicode(line) ?? defect(m.source, "a text with escapes", JSON.stringify(line));
  }),
  T: pushes((m) => byteString(m, 4)),
  U: pushes((m) => byteString(m, 1)),
  B: pushes((m) => binary(m, 4)),
  C: pushes((m) => binary(m, 1)),
  "\x8e": pushes((m) => binary(m, 8)),
  "\x96": pushes((m) => binary(m, 8)),
  X: pushes((m) => text(m, 4)),
  "\x8c": pushes((m) => text(m, 1)),
  "\x8d": pushes((m) => text(m, 8)),
  // lists, tuples, dicts, sets
  "]": pushes(() => []),
  a: (m) => {
    const value = pop(m);
    append(m, top(m), [value]);
  },
  e: (m) => {
    const values = popMarked(m);
    append(m, top(m), values);
  },
  l: pushes(popMarked),
  ")": pushes(() => []),
  t: pushes(popMarked),
  "\x85": pushes((m) => popMany(m, 1)),
  "\x86": pushes((m) => popMany(m, 2)),
  "\x87": pushes((m) => popMany(m, 3)),
  "}": pushes(() => new Map()),
  d: pushes((m) => dict(m, popMarked(m))),
  s: (m) => {
    const pair = popMany(m, 2);
    setItems(m, top(m), pair);
  },
  u: (m) => {
    const pairs = popMarked(m);
    setItems(m, top(m), pairs);
  },
  "\x8f": pushes(() => []),
  "\x90": (m) => {
    const values = popMarked(m);
    append(m, top(m), values);
  },
  "\x91": pushes(popMarked),
  // stack and memo
  "0": (m) => {
    pop(m);
  },
  "1": (m) => {
    popMarked(m);
  },
  "2": pushes(top),
  "(": (m) => {
    m.marks.push(m.stack.length);
  },
  g: (m) => get(m, decimal(m)),
  h: (m) => get(m, unsigned(m, 1)),
  j: (m) => get(m, unsigned(m, 4)),
  p: (m) => {
    m.memo.set(Number(decimal(m)), top(m));
  },
  q: (m) => {
    m.memo.set(unsigned(m, 1), top(m));
  },
  r: (m) => {
    m.memo.set(unsigned(m, 4), top(m));
  },
  "\x94": (m) => {
    m.memo.set(m.memo.size, top(m));
  },
  // classes and objects
  c: pushes((m) => {
    const module = m.source.line();
    return named(m, module, m.source.line());
  }),
  "\x93": pushes((m) => {
    const [module, name] = popMany(m, 2);
    return named(m, module!, name!);
  }),
  R: pushes((m) => {
    const args = pop(m);
    return construct(m, pop(m), args);
  }),
  "\x81": pushes((m) => {
    const args = pop(m);
    return construct(m, pop(m), args);
  }),
  "\x92": pushes((m) => {
    const [callable, args, keywords] = popMany(m, 3);
    if (!Array.isArray(args)) defect(m.source, "a tuple of arguments", "another object");
    m.spend(args.length);
    return construct(m, callable!, [...args, keywords!]);
  }),
  b: (m) => build(m, pop(m)),
  i: pushes((m) => {
    const module = m.source.line();
    return construct(m, named(m, module, m.source.line()), popMarked(m));
  }),
  o: pushes((m) => {
    const [callable, ...args] = popMarked(m);
    return construct(m, callable ?? null, args);
  }),
  Q: pushes((m) => m.host.persistent(pop(m))),
  // framing
  "\x80": (m) => {
    const protocol = unsigned(m, 1);
    if (protocol > 5) defect(m.source, "a pickle of protocol 0 to 5", `protocol ${protocol}`);
  },
  "\x95": (m) => {
    m.source.take(8);
  },
};

const operations: readonly (Operation | undefined)[] = Array.from(
  { length: 256 },
  (_, code) => table[String.fromCharCode(code)],
);
