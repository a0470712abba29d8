import { assert } from "../../core/index.ts";
import { showNumber } from "./numbers.ts";

/** Where values stand along one side of a chart. */
export interface Axis {
  /** Share of the way, 0 at the low end and 1 at the high end. */
  place(value: number): number;
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
}

/** Covers the values, widened to whole ticks where `whole` is set. @param values finite, at least one */
export function linearAxis(values: readonly number[], whole: boolean): Axis {
  let [low, high] = extent(values);
  if (low === high) {
    const room = Math.abs(low) / 2 || 1;
    [low, high] = [low - room, high + room];
  }
  const step = niceStep((high - low) / 5);
  const inside = 1e-9; // keeps the ends that rounding would lose
  const first = whole ? Math.floor(low / step + inside) : Math.ceil(low / step - inside);
  const last = whole ? Math.ceil(high / step - inside) : Math.floor(high / step + inside);
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step);
  if (whole) [low, high] = [first * step, last * step];
  return axis(
    low,
    high,
    (value) => value,
    ticks,
    (value) => showTick(value, step),
  );
}

/** Logarithmic. @param values positive, at least one */
export function logAxis(values: readonly number[]): Axis {
  const [least, most] = extent(values);
  const [low, high] = [least / 1.1, most * 1.1];
  const decades = Array.from(
    { length: Math.floor(Math.log10(high)) - Math.floor(Math.log10(low)) + 1 },
    (_, i) => Math.floor(Math.log10(low)) + i,
  );
  const candidates = [[1], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 6, 8]].map((mantissas) =>
    decades
      .flatMap((decade) => mantissas.map((mantissa) => mantissa * 10 ** decade))
      .filter((tick) => tick >= low && tick <= high),
  );
  const ticks =
    candidates.find(({ length }) => length >= 3) ?? linearAxis([low, high], false).ticks.map(({ at }) => at);
  return axis(low, high, Math.log10, ticks, showLogTick);
}

function axis(
  low: number,
  high: number,
  scale: (value: number) => number,
  ticks: readonly number[],
  label: (value: number) => string,
): Axis {
  const [start, end] = [scale(low), scale(high)];
  assert(end > start, "an axis without length");
  return {
    place: (value) => (scale(value) - start) / (end - start),
    ticks: ticks.map((at) => ({ at, label: label(at) })),
  };
}

function extent(values: readonly number[]): [low: number, high: number] {
  assert(values.length > 0, "an axis without values");
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  );
}

/** The next of 1, 2, 5, 10 times a power of ten. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  return power * [1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9))!;
}

/** As many decimals as the distance between ticks needs, thousands as "12k". */
function showTick(value: number, step: number): string {
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  if (decimals > 4) return value === 0 ? "0" : value.toExponential(1);
  if (Math.abs(value) >= 10_000 && step >= 100) return `${showNumber(value / 1000)}k`;
  return decimals === 0 ? showNumber(Math.round(value)) : value.toFixed(decimals).replace("-", "−");
}

/** The digits that tell it from its neighbours and no more: "0.05", "2,000". */
function showLogTick(value: number): string {
  const rounded = Number(value.toPrecision(3));
  return rounded < 1e-3 || rounded >= 1000 ? showNumber(rounded) : String(rounded);
}
