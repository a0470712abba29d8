import { patchSide } from "../models/encoders/index.ts";
import type { ModelConfig } from "../models/index.ts";
import type { TaskConfig } from "../tasks/index.ts";
import type { DataConfig } from "../tasks/source.ts";

/** What keeps pictures from keeping their shape, where `data.transform` lets them: where, and what is expected there. */
export function shapeProblems(m: ModelConfig, t: TaskConfig, data: DataConfig): [string[], string][] {
  const fit = data.transform?.fit;
  if (fit?.kind !== "own-shape") return [];
  const problems: [string[], string][] = [];
  const problem = (expected: string, ...at: string[]) => problems.push([at, expected]);
  const squares = "a transform to squares, clip for one";
  if (m.kind !== "vilt")
    problem(`${squares}: of the models only vilt reads other shapes`, "data", "transform");
  const patch = patchSide(m.image);
  if (fit.divisor % patch !== 0) {
    problem(`an own-shape whose divisor is a multiple of model.image.patch ${patch}`, "data", "transform");
  }
  if (typeof m.image.imageSize === "number" && m.image.imageSize % fit.divisor !== 0) {
    problem(
      `a multiple of ${fit.divisor}, the divisor of pictures that keep their shape`,
      "model",
      "image",
      "imageSize",
    );
  }
  if (t.kind === "referring") problem(`${squares}: boxes are cut out as squares`, "data", "transform");
  if (t.kind === "pretrain") {
    for (const name of ["mimInBatch", "mimCodes"] as const) {
      if (t[name] === undefined) continue;
      problem(`none, or ${squares}: it hides as many patches of every picture`, "task", name);
    }
  }
  return problems;
}
