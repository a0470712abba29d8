/**
 * Pictures classified by texts alone: every label in every prompt, their vectors' mean, and the nearest one to a picture's
 * (Radford et al. 2021, CLIP, arXiv:2103.00020, section 3.1.4).
 */
import type { Backend } from "../backends/backend.ts";
import { fail } from "../core/errors.ts";
import { needForm, type PictureDataset } from "../datasets/contracts.ts";
import { progress } from "../files/progress.ts";
import { fillPictures, imageInput, pictureType } from "../tasks/pictures.ts";
import { ranked } from "./answers.ts";
import { openPretrained } from "./encode-pairs.ts";
import { forwardGraph } from "./forward-graph.ts";
import { type LabelPrediction, type LabelResult, scoreLabels } from "./labels.ts";
import type { RunWithData } from "./open-run.ts";

/** How labels become texts. */
export interface Prompts {
  /** Each with {} where the label goes. */
  readonly templates: readonly string[];
  /** What labels are called in texts; a label that is not there is its own name. */
  readonly names: Readonly<Record<string, string>>;
}

/** Classifies the first `n` pictures of a split. @throws BifocalError when the run has no contrast, or the data no classes. */
export async function evaluateZeroShot(
  backend: Backend,
  run: RunWithData,
  split: string,
  n: number,
  { templates, names }: Prompts,
): Promise<LabelResult> {
  const unfilled = templates.find((template) => !template.includes("{}"));
  if (unfilled !== undefined)
    fail("usage", "--prompt", { expected: "{} where the label goes", got: unfilled });
  const { model, contrast, weights } = await openPretrained(run);
  if (contrast === undefined) {
    return fail("usage", run.config.name, {
      expected: "a run with a contrast of pictures and texts",
      got: "one that only ranks by its fusion",
    });
  }
  const { source, sizes, tokenizer } = run;
  const { batch, textLength } = sizes;
  const classed = needForm(source.dataset, "classes", "zero-shot classification");
  const labels = await labelsOf(source.dataset, split);
  const texts = labels.flatMap((label) =>
    templates.map((template) => template.replaceAll("{}", names[label] ?? label)),
  );
  const tokens = await tokenizer.encode(texts, { length: textLength, tooLong: "error" });

  const words = await forwardGraph(
    backend,
    weights,
    {
      ids: { dtype: "i32", shape: [batch, textLength] },
      keep: { dtype: "bool", shape: [batch, textLength] },
    },
    ({ ids, keep }) => ({ vectors: contrast.text(model.encodeText({ ids: ids!, keep: keep! })) }),
  );
  const width = words.outputs.vectors!.length / batch;
  const prototypes = labels.map(() => new Float64Array(width));
  for (let start = 0; start < texts.length; start += batch) {
    const end = Math.min(texts.length, start + batch);
    words.inputs.ids!.set(tokens.ids.subarray(start * textLength, end * textLength));
    words.inputs.keep!.set(tokens.keep.subarray(start * textLength, end * textLength));
    await words.run();
    for (let row = start; row < end; row++) {
      const mean = prototypes[Math.floor(row / templates.length)]!;
      for (let i = 0; i < width; i++) mean[i]! += words.outputs.vectors![(row - start) * width + i]!;
    }
  }
  for (const mean of prototypes) {
    const norm = Math.hypot(...mean);
    for (let i = 0; i < width; i++) mean[i]! /= norm;
  }

  const pictures = await forwardGraph(
    backend,
    weights,
    { image: pictureType(batch, sizes) },
    ({ image }) => ({
      vectors: contrast.image(model.encodeImage(imageInput(image!, model.colours, sizes))),
    }),
  );
  const scale = Math.exp(Math.min(weights["heads.itc.logScale"]![0]!, Math.log(100)));
  const predictions: LabelPrediction[] = [];
  const bar = progress({ label: `zero-shot ${split}`, total: n, unit: "pictures" });
  for (let start = 0; start < n; start += batch) {
    const length = Math.min(batch, n - start);
    const examples = await Promise.all(Array.from({ length }, (_, i) => classed(split, start + i)));
    const shown = examples.map(({ picture }) => picture);
    await fillPictures(pictures.inputs.image!, sizes, shown, () => undefined);
    await pictures.run();
    for (const [row, { picture, label }] of examples.entries()) {
      const vector = pictures.outputs.vectors!.subarray(row * width, (row + 1) * width);
      const logits = prototypes.map(
        (mean) => scale * mean.reduce((sum, value, i) => sum + value * vector[i]!, 0),
      );
      predictions.push({ id: picture.id, truth: label, top: ranked(softmax(logits), labels).slice(0, 5) });
    }
    bar.update(start + length);
  }
  bar.finish();
  return scoreLabels(split, predictions, labels.length);
}

/** The labels of the whole split, sorted. */
async function labelsOf({ splits, forms }: PictureDataset, split: string): Promise<readonly string[]> {
  const labels = new Set<string>();
  for (let index = 0; index < splits[split]!; index++) labels.add((await forms.classes!(split, index)).label);
  return [...labels].sort();
}

function softmax(logits: readonly number[]): Float32Array {
  const largest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - largest));
  const sum = powers.reduce((before, power) => before + power, 0);
  return Float32Array.from(powers, (power) => power / sum);
}
