/** What was read last, up to a number of bytes in all; the newest is kept whatever its size. */
export interface RecentlyUsed<T> {
  /** The value under `key`, read where it is not kept; `bytes` is what it will take. Failures are not kept. */
  get(key: string, bytes: number, read: () => Promise<T>): Promise<T>;
}

/** Nothing yet; holds at most `maxBytes`. */
export function recentlyUsed<T>(maxBytes: number): RecentlyUsed<T> {
  const kept = new Map<string, { readonly value: Promise<T>; readonly bytes: number }>();
  let total = 0;
  const drop = (key: string) => {
    total -= kept.get(key)?.bytes ?? 0;
    kept.delete(key);
  };
  return {
    get: (key, bytes, read) => {
      const found = kept.get(key);
      drop(key);
      // The oldest go before the new one is read, so that both are never in memory beyond the limit.
      for (const [oldest] of kept) {
        if (total + bytes <= maxBytes) break;
        drop(oldest);
      }
      const entry = found ?? { value: read(), bytes };
      kept.set(key, entry);
      total += bytes;
      entry.value.catch(() => {
        if (kept.get(key) === entry) drop(key);
      });
      return entry.value;
    },
  };
}
