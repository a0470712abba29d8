/** One way to write numbers in all of the report. */

/** A fraction in [0, 1] as "47.3%". */
export function percent(fraction: number): string {
  return Number.isFinite(fraction) ? `${(100 * fraction).toFixed(1)}%` : showNumber(fraction);
}

/** Whole numbers in full with thousands commas, others with three significant digits: "12,800", "0.531", "3.0e-4". */
export function showNumber(value: number): string {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const rounded =
    Number.isInteger(value) || size >= 1000
      ? Math.round(size).toLocaleString("en-US")
      : size < 1e-3
        ? size.toExponential(1)
        : size.toPrecision(3);
  return value < 0 ? `−${rounded}` : rounded;
}
