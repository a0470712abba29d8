/** AdamW's update, and that of the running mean of weights, as graphs. */
import { type Graph, graphOf } from "../graph/graph.ts";
import { full, type Tensor } from "../graph/tensor.ts";
import type { OptimizerConfig } from "./config.ts";

/** Makes an input f32[length], by default of the length of what is updated. */
type Input = (name: string, length?: number) => Tensor;

const scalarNames = ["gradientScale", "keep", "rate", "correction"] as const;

/** Four numbers as the scalars of an update: gradientScale, keep, rate, correction. */
export function scalarViews(values: Float32Array): Record<string, Float32Array> {
  return Object.fromEntries(scalarNames.map((name, i) => [name, values.subarray(i, i + 1)]));
}

/**
 * g = scale * gradient; first = b1 first + (1 - b1) g; second = b2 second + (1 - b2) g^2;
 * weight = keep * weight - rate * first / (sqrt(correction * second) + epsilon), with rate and correction bias-corrected;
 * average = keepMean average + (1 - keepMean) weight.
 */
export function updateGraph(input: Input, c: OptimizerConfig, keepMean: number | undefined): Graph {
  const scalar = (name: (typeof scalarNames)[number]) => input(name, 1);
  const g = input("gradient").mul(scalar("gradientScale"));
  const first = input("first")
    .mul(c.beta1)
    .add(g.mul(1 - c.beta1));
  const second = input("second")
    .mul(c.beta2)
    .add(g.mul(g).mul(1 - c.beta2));
  const step = first.div(second.mul(scalar("correction")).sqrt().add(full(c.epsilon)));
  const weight = input("weight")
    .mul(scalar("keep"))
    .sub(step.mul(scalar("rate")));
  if (keepMean === undefined) return graphOf({ weight, first, second });
  return graphOf({ weight, first, second, average: mean(input, weight, keepMean) });
}

/** The running mean alone, of weights that are updated already. */
export function meanGraph(input: Input, keepMean: number): Graph {
  return graphOf({ average: mean(input, input("weight"), keepMean) });
}

function mean(input: Input, weight: Tensor, keepMean: number): Tensor {
  return input("average")
    .mul(keepMean)
    .add(weight.mul(1 - keepMean));
}
