import { assert, fail, rng } from "../core/index.ts";

/** How far a score may be off because the examples are a sample: 95% intervals. */

/** Lower and upper end. */
export type Interval = readonly [low: number, high: number];

/** Quantile 0.975 of the standard normal distribution. */
const z = 1.959963984540054;

/**
 * Wilson's score interval of a proportion in [0, 1]; stays inside it and holds for few examples
 * (Wilson 1927, J. Am. Stat. Assoc. 22, 209-212). Of no examples nothing is known: [0, 1].
 * @throws BifocalError unless 0 <= successes <= total are whole; graded marks have a bootstrap instead.
 */
export function wilsonInterval(successes: number, total: number): Interval {
  const whole = Number.isSafeInteger(successes) && Number.isSafeInteger(total);
  if (!whole || successes < 0 || successes > total) {
    fail("data", "Wilson interval", {
      expected: "whole successes between 0 and the total",
      got: `${successes} of ${total}`,
      todo: "use bootstrapInterval for graded marks",
    });
  }
  if (total === 0) return [0, 1];
  const proportion = successes / total;
  const scale = 1 + z ** 2 / total;
  const centre = (proportion + z ** 2 / (2 * total)) / scale;
  const variance = (proportion * (1 - proportion)) / total + z ** 2 / (4 * total ** 2);
  const half = (z * Math.sqrt(variance)) / scale;
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

const resamples = 2000;

/**
 * Percentile bootstrap of the mean of independent values (Efron & Tibshirani 1993, section 13.3), the same for the
 * same seed. Takes 2000 x values.length draws.
 * @throws BifocalError when there are no values or one is not finite.
 */
export function bootstrapInterval(values: readonly number[], seed: number): Interval {
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (values.length === 0 || odd !== -1) {
    fail("data", "bootstrap interval", {
      expected: "finite values, at least one",
      got: odd === -1 ? "none" : `${values[odd]} at ${odd}`,
    });
  }
  const random = rng("bootstrap", seed);
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[random.integer(values.length)]!;
    return sum / values.length;
  }).sort();
  return [quantile(means, 0.025), quantile(means, 0.975)];
}

/** Interpolates linearly between order statistics. */
function quantile(sorted: Float64Array, fraction: number): number {
  assert(sorted.length > 0, "quantile of nothing");
  const position = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(position)]!;
  const above = sorted[Math.ceil(position)]!;
  return below + (above - below) * (position - Math.floor(position));
}
