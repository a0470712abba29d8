/**
 * A label or a score for one or two sentences, by the text tower alone: what pictures did to its words (GLUE: Wang et al.
 * 2019, arXiv:1804.07461). One linear layer on the tower's summary, as in BERT (Devlin et al. 2019, arXiv:1810.04805,
 * section 4.1); scores are learned by squared error. Selection: accuracy, or the loss, on the validation split.
 */
import { fail } from "../core/errors.ts";
import { needForm } from "../datasets/contracts.ts";
import { crossEntropy } from "../graph/functions.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { DualModel } from "../models/contracts.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { classOf } from "./judged-batch.ts";
import type { BatchPlan, Primary, Sizes, TaskOutput } from "./task.ts";

/** What the data set says of its sentences: one of its labels, or a number. */
export interface SentencesConfig {
  readonly says: "label" | "score";
}

/** Share of labels that are right, in [0, 1]; of scores the mean squared error. */
export function sentencesPrimary({ says }: SentencesConfig): Primary {
  return says === "label" ? { metric: "accuracy", better: "higher" } : { metric: "loss", better: "lower" };
}

/** Declares the layer; class i is answer i of the data set. */
export function sentences(
  at: Scope,
  model: DualModel,
  { says }: SentencesConfig,
  { answers }: Pick<Sizes, "answers">,
) {
  const head = linear(at.in(says), { from: model.widths.text, to: says === "label" ? answers : 1 });

  /** Texts i32[B,T]: f32[B,answers], or f32[B,1]. */
  const scores = (batch: Readonly<Record<string, Tensor>>): Tensor =>
    head(model.encodeText({ ids: batch.ids!, keep: batch.keep!, segments: batch.segments }).pooled);
  const loss = (batch: Readonly<Record<string, Tensor>>): TaskOutput => {
    const given = scores(batch);
    if (says === "score") {
      const wrong = given.reshape([-1]).sub(batch.scores!);
      return { loss: wrong.mul(wrong).mean(0), metrics: {} };
    }
    return {
      loss: crossEntropy(given, batch.labels!).mean(0),
      metrics: { accuracy: given.argmax().equal(batch.labels!).cast("f32").mean(0) },
    };
  };
  return { kind: "sentences" as const, model, scores, loss };
}

/** B examples of one or two sentences, told apart by segments where the tower has two. */
export function sentencesBatch({ says }: SentencesConfig, sizes: Sizes): BatchPlan {
  const { batch, textLength, segments = 0 } = sizes;
  return {
    form: "sentences",
    types: {
      ids: { dtype: "i32", shape: [batch, textLength] },
      keep: { dtype: "bool", shape: [batch, textLength] },
      ...(segments >= 2 && { segments: { dtype: "i32", shape: [batch, textLength] } }),
      ...(says === "label"
        ? { labels: { dtype: "i32", shape: [batch] } }
        : { scores: { dtype: "f32", shape: [batch] } }),
    },
    fill: async ({ dataset, tokenizer }, { split, indices, training }, arrays) => {
      const read = needForm(dataset, "sentences", "task sentences");
      const examples = await Promise.all(indices.map((index) => read(split, index)));
      const texts = examples.map(({ sentences: [one, two] }) =>
        two === undefined ? one : ([one, two] as const),
      );
      const tokens = await tokenizer.encode(texts, { length: textLength, tooLong: dataset.longTexts });
      arrays.ids!.set(tokens.ids);
      arrays.keep!.set(tokens.keep);
      arrays.segments?.set(tokens.segments);
      const said = examples.map(({ id, label, score }) => {
        const value = says === "label" ? label : score;
        if (value !== undefined)
          return typeof value === "number" ? value : classOf(dataset.answers, id, value);
        // What is held back is never read: no loss is asked of these rows.
        if (!training) return 0;
        return fail("data", `${dataset.name}, split ${split}, example ${id}`, {
          expected: `a ${says}`,
          got: "none",
          todo: says === "label" ? "set task.says=score, or train on another split" : "set task.says=label",
        });
      });
      (arrays.labels ?? arrays.scores!).set(said);
    },
  };
}
