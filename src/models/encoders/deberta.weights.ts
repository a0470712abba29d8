/** DeBERTa as published: `microsoft/deberta-{base,large,xlarge}`, of `model_type` deberta. */
import { z } from "zod";
import { readConfig } from "../published/class.ts";
import {
  commonConfig,
  debertaFields,
  debertaRules,
  debertaFamily as family,
  reachOf,
} from "../published/deberta.ts";
import { type Rule, rename, renameLayer, type Step, type Values } from "../published/rules.ts";

const schema = z.object({
  ...debertaFields,
  vocab_size: debertaFields.vocab_size.unwrap().default(50265),
  talking_head: z.literal(false).default(false),
});

const [attention, ours] = ["encoder.layer.*.attention.self", "blocks.*.attention"];

function attentionRules(heads: number): Rule[] {
  const projections = ["query", "key", "value"].map((name) => `${ours}.${name}.weight`);
  return [
    { from: [`${attention}.in_proj.weight`], to: projections, step: interleaved(heads) },
    rename(`${attention}.q_bias`, `${ours}.query.bias`),
    rename(`${attention}.v_bias`, `${ours}.value.bias`),
    rename(`${attention}.pos_proj.weight`, `${ours}.distanceKey.weight`),
    ...renameLayer(`${attention}.pos_q_proj`, `${ours}.distanceQuery`),
  ];
}

/** One matrix whose rows are query, key and value of the first head, then of the second ... as three matrices. */
function interleaved(heads: number): Step {
  /** Both ways: what lies as [a][b] comes to lie as [b][a], each `size` numbers. */
  const swapped = (data: Float32Array, a: number, b: number) => {
    const size = data.length / (a * b);
    const result = new Float32Array(data.length);
    for (let i = 0; i < a; i++) {
      for (let j = 0; j < b; j++) {
        const from = (i * b + j) * size;
        result.set(data.subarray(from, from + size), (j * a + i) * size);
      }
    }
    return result;
  };
  return {
    apply: ([whole]) => {
      const { shape, data } = whole!;
      const parts = swapped(data, heads, 3);
      const size = data.length / 3;
      const third = [shape[0]! / 3, ...shape.slice(1)];
      return [0, 1, 2].map((part) => ({ shape: third, data: parts.slice(part * size, (part + 1) * size) }));
    },
    undo: (values) => {
      const [{ shape, data }] = values as [Values];
      const joined = new Float32Array(3 * data.length);
      for (const [i, value] of values.entries()) joined.set(value.data, i * data.length);
      return [{ shape: [3 * shape[0]!, ...shape.slice(1)], data: swapped(joined, 3, heads) }];
    },
  };
}

/** DeBERTa v1. */
export const debertaFamily = family("Deberta", (config, where) => {
  const p = readConfig(schema, config, where);
  const distance = p.relative_attention ? { span: reachOf(p), shared: false, normalised: false } : undefined;
  const c = { ...commonConfig(p), keyBias: false, distance };
  return { c, p, rules: debertaRules(attentionRules(c.heads)) };
});
