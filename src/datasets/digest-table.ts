import { createHash } from "node:crypto";

/**
 * Numbers by the first 64 bits of what was hashed: 12 to 24 bytes an entry, so that the names or contents of ten million
 * pictures fit where a Map would not. Two of ten million get the same bits with probability 3e-6.
 */
export interface DigestTable {
  readonly size: number;
  /** The number stored for `content`; where there is none, stores `value` and returns undefined. */
  findOrAdd(content: Uint8Array | string, value: number): number | undefined;
}

/** An empty table. Values are whole numbers from 0 to 2^32 - 2. */
export function digestTable(): DigestTable {
  let slots = 1024;
  let size = 0;
  let keys = new Uint32Array(2 * slots);
  let values = new Uint32Array(slots); // 0 is free, else the value and 1

  const slotOf = (high: number, low: number) => {
    let slot = low % slots;
    while (values[slot] !== 0 && (keys[2 * slot] !== high || keys[2 * slot + 1] !== low)) {
      slot = (slot + 1) % slots;
    }
    return slot;
  };
  const put = (slot: number, high: number, low: number, stored: number) => {
    keys[2 * slot] = high;
    keys[2 * slot + 1] = low;
    values[slot] = stored;
  };
  const grow = () => {
    const [oldKeys, oldValues] = [keys, values];
    slots *= 2;
    keys = new Uint32Array(2 * slots);
    values = new Uint32Array(slots);
    for (const [i, stored] of oldValues.entries()) {
      if (stored === 0) continue;
      const [high, low] = [oldKeys[2 * i]!, oldKeys[2 * i + 1]!];
      put(slotOf(high, low), high, low, stored);
    }
  };
  return {
    get size() {
      return size;
    },
    findOrAdd: (content, value) => {
      const digest = createHash("sha256").update(content).digest();
      const [high, low] = [digest.readUInt32LE(0), digest.readUInt32LE(4)];
      const slot = slotOf(high, low);
      if (values[slot] !== 0) return values[slot]! - 1;
      put(slot, high, low, value + 1);
      size++;
      if (size > 0.7 * slots) grow();
      return undefined;
    },
  };
}
