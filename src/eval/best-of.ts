/** Indices below `size` of the `k` highest scores, best first; of equal ones the lower index, not-a-number last. */
export function bestOf(k: number, size: number, score: (index: number) => number): number[] {
  const best: number[] = [];
  const kept: number[] = [];
  for (let index = 0; index < size; index++) {
    const value = score(index);
    const own = Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
    if (best.length === k && !(own > kept[k - 1]!)) continue;
    let [low, high] = [0, kept.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (own > kept[middle]!) high = middle;
      else low = middle + 1;
    }
    best.splice(low, 0, index);
    kept.splice(low, 0, own);
    if (best.length > k) {
      best.pop();
      kept.pop();
    }
  }
  return best;
}
