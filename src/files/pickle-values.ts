import type { StoredDtype } from "./tensor-file.ts";

/** What a pickle holds once it is read as data: plain values, and names, records, storages and tensors as objects. */

/** A class or function that the pickle names; it stays a name. */
export interface PickleGlobal {
  readonly kind: "global";
  readonly name: string;
}

/** An object of a class that is not known here: what it would have been made of in Python. */
export interface PickleRecord {
  readonly kind: "record";
  readonly name: string;
  readonly args: readonly PickleValue[];
  /** What `__setstate__` would get; undefined without one. */
  state: PickleValue | undefined;
  /** Elements, where the class extends list or set. */
  readonly items: PickleValue[];
  /** Members, where the class extends dict. */
  readonly entries: Map<PickleValue, PickleValue>;
}

/** A block of elements outside the pickle. */
export interface TorchStorage {
  readonly kind: "storage";
  readonly key: string;
  readonly dtype: StoredDtype;
  /** Elements in the whole block. */
  readonly elements: number;
  /** First element that tensors of this storage count from, other than 0 only where an old file stores a view. */
  readonly first: number;
}

/** A tensor as a window on a storage; `offset` and `strides` count elements. */
export interface TorchTensor {
  readonly kind: "tensor";
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** Lists, tuples and sets are arrays, dicts are maps; the same object in two places is the same object here. */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleRecord
  | TorchStorage
  | TorchTensor;

/** Whether a value is one of the objects above with this `kind`. */
export function isKind<K extends "global" | "record" | "storage" | "tensor">(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { readonly kind: K }> {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
}

/** An object of class `name` made with `args`. */
export function record(name: string, args: readonly PickleValue[]): PickleRecord {
  return { kind: "record", name, args, state: undefined, items: [], entries: new Map() };
}
