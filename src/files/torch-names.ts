import { fail } from "../core/index.ts";
import { isKind, type PickleValue, type TorchTensor } from "./pickle-values.ts";

/** The object of a PyTorch file seen two ways: its tensors by dotted path, and the rest as plain data. */

const maxDepth = 400;
const maxVisits = 2 ** 22;
const maxTensors = 2 ** 17;
const maxNameLength = 4096;

function defect(where: string, expected: string, got: string): never {
  fail("checkpoint", where, { expected, got, todo: "the file is damaged or no file of weights" });
}

/**
 * Every tensor under its path: keys of dicts, positions in lists, attributes of objects, joined by dots. One that is
 * reached by several ways has several names; one that is the whole object is called "tensor".
 * @throws BifocalError when two tensors would share a name, or for a structure of more paths than a file of weights has.
 */
export function tensorNames(root: PickleValue, where: string): Map<string, TorchTensor> {
  const found = new Map<string, TorchTensor>();
  const open = new Set<PickleValue>();
  let visits = 0;
  const visit = (value: PickleValue, name: string) => {
    if (isKind(value, "tensor")) {
      if (found.has(name)) defect(where, "each name once", `${name} twice`);
      found.set(name, value);
      if (found.size > maxTensors) defect(where, `at most ${maxTensors} tensors`, "more");
      return;
    }
    if (!isContainer(value) || open.has(value)) return; // what is open holds itself: nothing new below
    if (open.size === maxDepth) defect(where, `objects nested ${maxDepth} deep at most`, "deeper ones");
    open.add(value);
    for (const [key, member] of members(value)) {
      if (++visits > maxVisits) defect(where, `at most ${maxVisits} paths through its objects`, "more");
      if (!isContainer(member) && !isKind(member, "tensor")) continue;
      const path = name === "" ? keyText(key) : `${name}.${keyText(key)}`;
      if (path.length > maxNameLength)
        defect(where, `names of at most ${maxNameLength} characters`, "a longer one");
      visit(member, path);
    }
    open.delete(value);
  };
  if (isKind(root, "tensor")) found.set("tensor", root);
  else visit(root, "");
  return found;
}

type Container = PickleValue[] | Map<PickleValue, PickleValue> | Extract<PickleValue, { kind: "record" }>;

function isContainer(value: PickleValue): value is Container {
  return Array.isArray(value) || value instanceof Map || isKind(value, "record");
}

/** The parts of an object by key; an object of an unknown class has its attributes, members and arguments. */
function* members(value: Container): Generator<[PickleValue, PickleValue]> {
  if (Array.isArray(value)) yield* value.entries();
  else if (value instanceof Map) yield* value;
  else {
    if (value.state instanceof Map) yield* value.state;
    else if (value.state !== undefined) yield ["state", value.state];
    yield* value.entries;
    yield* value.items.entries();
    if (value.args.length > 0) yield ["args", value.args as PickleValue[]];
  }
}

/** A key of a dict as a part of a name. */
function keyText(key: PickleValue): string {
  if (key === null) return "None";
  if (Array.isArray(key))
    return `(${key.map((part) => (Array.isArray(part) ? "(...)" : keyText(part))).join(", ")})`;
  if (key instanceof Map || key instanceof Uint8Array) return "object";
  if (typeof key !== "object") return String(key);
  return key.kind === "global" || key.kind === "record" ? key.name : key.kind;
}

/**
 * The object as JSON would hold it: dicts as objects, tuples and sets as arrays, tensors as `{ tensor: name }`, classes
 * and functions as `{ class: name }`, other objects as `{ class, args, state }`, subclasses of dict and list as what
 * they hold. Integers beyond 2^53 are strings, a dict whose keys coincide as text is an array of pairs. What is shared
 * or circular in the file is so here.
 */
export function plainContent(root: PickleValue, names: ReadonlyMap<string, TorchTensor>): unknown {
  const nameOf = new Map<TorchTensor, string>();
  for (const [name, tensor] of names) if (!nameOf.has(tensor)) nameOf.set(tensor, name);
  const made = new Map<PickleValue, unknown>();
  const remember = <T>(value: PickleValue, result: T): T => {
    made.set(value, result);
    return result;
  };
  const fill = (target: unknown[], values: readonly PickleValue[]) => {
    for (const value of values) target.push(plain(value));
    return target;
  };
  const members = (target: Record<string, unknown>, map: ReadonlyMap<PickleValue, PickleValue>) => {
    // Defined, not assigned: a key may be "__proto__".
    const options = { enumerable: true, writable: true, configurable: true };
    for (const [key, value] of map) {
      Object.defineProperty(target, keyText(key), { value: plain(value), ...options });
    }
    return target;
  };
  const dict = (source: PickleValue, map: ReadonlyMap<PickleValue, PickleValue>) => {
    const distinct = new Set([...map.keys()].map(keyText)).size === map.size;
    if (distinct) return members(remember(source, {}), map);
    const pairs: unknown[] = remember(source, []);
    for (const [key, value] of map) pairs.push([keyText(key), plain(value)]);
    return pairs;
  };
  const plain = (value: PickleValue): unknown => {
    if (typeof value === "bigint") return String(value);
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    if (made.has(value)) return made.get(value);
    if (Array.isArray(value)) return fill(remember(value, []), value);
    if (value instanceof Map) return dict(value, value);
    if (value.kind === "tensor") return { tensor: nameOf.get(value) };
    if (value.kind === "storage") return { storage: value.key };
    if (value.kind === "global") return { class: value.name };
    const { name, args, state, items, entries } = value;
    if (args.length === 0 && state === undefined) {
      if (items.length > 0 && entries.size === 0) return fill(remember(value, []), items);
      if (entries.size > 0 && items.length === 0) return dict(value, entries);
    }
    const result: Record<string, unknown> = remember(value, { class: name, args: [] });
    result.args = fill([], args);
    if (state !== undefined) result.state = plain(state);
    if (items.length > 0) result.items = fill([], items);
    if (entries.size > 0) result.entries = members({}, entries);
    return result;
  };
  return plain(root);
}
