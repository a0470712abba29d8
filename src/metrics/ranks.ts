/** Place of every value from 1, the smallest; equal values share the mean of their places. */
export function averageRanks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Array<number>(values.length);
  for (let first = 0; first < order.length; ) {
    let end = first + 1;
    while (end < order.length && values[order[end]!] === values[order[first]!]) end++;
    for (const i of order.slice(first, end)) ranks[i] = (first + 1 + end) / 2;
    first = end;
  }
  return ranks;
}
