/**
 * Learning rates that fall from the last layer of a stack to its first, as in the fine-tuning of BEiT (Bao et al. 2022,
 * arXiv:2106.08254, appendix H) and MAE (He et al. 2022, arXiv:2111.06377, appendix A.1).
 */
import { fail } from "../core/errors.ts";
import type { Parameter } from "../nn/scope.ts";
import { isUnder } from "./freeze.ts";

/**
 * Factors on the learning rates of all parameters under `path`, by name. In a stack of L layers, layer b (from 0) has
 * factor^(L - b), what is declared in front of the layers factor^(L + 1), what comes behind them 1.
 * @throws BifocalError when there is no numbered layer under `path`.
 */
export function layerFactors(
  parameters: readonly Parameter[],
  path: string,
  factor: number,
): ReadonlyMap<string, number> {
  const layers = new Map<string, number>();
  const places: string[] = []; // the layers of a pyramid, whose numbers begin anew in every stage
  let last = -1;
  for (const { name } of parameters.filter((parameter) => isUnder(parameter.name, path))) {
    const numbers = name.slice(path.length).match(/(?<=\.)\d+(?=\.)/g) ?? [];
    let layer = last === -1 ? -1 : behind;
    if (numbers.length > 0 && name.startsWith(`${path}.stages.`)) {
      const place = numbers.slice(0, 2).join();
      // What leads to the next stage belongs to the layer in front of it.
      if (numbers.length > 1 && !places.includes(place)) places.push(place);
      layer = places.length - 1;
    } else if (numbers.length > 0) layer = Number(numbers[0]);
    if (layer !== behind) last = Math.max(last, layer);
    layers.set(name, layer);
  }
  const depth = last + 1;
  if (depth === 0) {
    fail("config", "train.layerDecay", {
      expected: "the path of a module with numbered layers",
      got: path,
      todo: "name the tower or fusion whose layers there are, as model.image",
    });
  }
  return new Map(
    [...layers].map(([name, layer]) => [name, layer === behind ? 1 : factor ** (depth - layer)]),
  );
}

/** Marks what is declared behind the last layer. */
const behind = Number.POSITIVE_INFINITY;
