/** ViLT as published: `dandelin/vilt-b32-*`, all of `model_type` vilt. */
import { fail } from "../core/errors.ts";
import { concat } from "../graph/tensor.ts";
import { classifierHead, pooler, wordHead } from "../nn/heads.ts";
import { linear } from "../nn/linear.ts";
import { layerNorm } from "../nn/norm.ts";
import { repeat, type Scope } from "../nn/scope.ts";
import {
  type Family,
  type Holds,
  type Named,
  type PublishedClass,
  positiveSchema,
  readConfig,
} from "./published/class.ts";
import { drop, type Rule, renameLayer } from "./published/rules.ts";
import { wordHeadOf } from "./published/text.ts";
import {
  type Encoded,
  encode,
  pictureOf,
  textInputs,
  trunkRules,
  type ViltFields,
  viltConfig,
  viltSchema,
} from "./published/vilt.ts";
import { labelsOf } from "./published/vit.ts";
import { type ViltTrunk, viltTrunk } from "./vilt.ts";

/** What is behind the trunk: parameters under "pooler" and "head", rules for them, and outputs. */
interface Head {
  readonly rules: readonly Rule[];
  build(at: Scope, trunk: ViltTrunk): (encoded: Encoded) => Named;
}

/** A class that reads one picture. */
function onePicture(head: (p: ViltFields, holds: Holds) => Head): PublishedClass {
  return (config, where, holds) => {
    const p = readConfig(viltSchema, config, where);
    const { rules, build } = head(p, holds);
    return {
      inputs: {
        ...textInputs,
        pixel_values: { dtype: "f32", axes: "B 3 Y X" },
        pixel_mask: { dtype: "i32", axes: "B Y X", optional: true, isFixed: true },
      },
      rules: [...rules, ...trunkRules(viltConfig(p))],
      build: (at) => {
        const trunk = viltTrunk(at, viltConfig(p));
        const finish = build(at, trunk);
        return (given) => {
          const encoded = encode(trunk, p, given);
          return { ...finish(encoded), ...encoded.traces };
        };
      },
    };
  };
}

const poolerRules = renameLayer("pooler.dense", "pooler.dense");

/** ViltModel, whose file may lack the pooler. */
const model = onePicture((p, holds) => {
  const hasPooler = holds("pooler.dense.weight");
  return {
    rules: hasPooler ? poolerRules : [],
    build: (at) => {
      const pool = hasPooler ? pooler(at.in("pooler"), p.hidden_size) : undefined;
      return ({ tokens }) => ({
        last_hidden_state: tokens,
        ...(pool && { pooler_output: pool(tokens.at(1, 0)) }),
      });
    },
  };
});

/** ViltForMaskedLM. Its decoder is tied to the word table unless the file holds another. */
const forWords = onePicture((p, holds) => {
  const dense = "mlm_score.transform.dense";
  const norm = "mlm_score.transform.LayerNorm";
  const names = { dense, norm, decoder: "mlm_score.decoder", bias: "mlm_score.bias" };
  const c = {
    width: p.hidden_size,
    classes: p.vocab_size,
    epsilon: p.layer_norm_eps,
    activation: p.hidden_act,
  };
  const { rules } = wordHeadOf(c, names, true, holds);
  const tied = !holds("mlm_score.decoder.weight");
  return {
    rules: [...rules, drop("pooler.**", "is not read by this class")],
    build: (at, { table }) => {
      const head = wordHead(at.in("head"), c, tied ? table : undefined);
      return ({ words }) => ({ logits: head(words) });
    },
  };
});

/** ViltForTokenClassification: one linear layer on every word, no pooler. */
const forTokens = onePicture((p) => ({
  rules: renameLayer("classifier", "head"),
  build: (at) => {
    const classify = linear(at.in("head"), { from: p.hidden_size, to: labelsOf(p) });
    return ({ words }) => ({ logits: classify(words) });
  },
}));

/** ViltForImageAndTextRetrieval: how well text and picture fit, [B,1]. */
const forRetrieval = onePicture((p) => ({
  rules: [...renameLayer("rank_output", "head"), ...poolerRules],
  build: (at) => {
    const pool = pooler(at.in("pooler"), p.hidden_size);
    const rank = linear(at.in("head"), { from: p.hidden_size, to: 1 });
    return ({ tokens }) => ({ logits: rank(pool(tokens.at(1, 0))) });
  },
}));

const classifierRules = [
  ...renameLayer("classifier.0", "head.hidden"),
  ...renameLayer("classifier.1", "head.norm"),
  ...renameLayer("classifier.3", "head.classes"),
  ...poolerRules,
];

/** ViltForQuestionAnswering. */
const forAnswers = onePicture((p) => ({
  rules: classifierRules,
  build: (at) => {
    const pool = pooler(at.in("pooler"), p.hidden_size);
    const classify = classifierHead(at.in("head"), {
      width: p.hidden_size,
      classes: labelsOf(p),
      epsilon: 1e-5,
    });
    return ({ tokens }) => ({ logits: classify(pool(tokens.at(1, 0))) });
  },
}));

/** ViltForImagesAndTextClassification: the text with each picture, then all summaries together (NLVR2). */
const forPictures: PublishedClass = (config, where) => {
  const p = readConfig(viltSchema.extend({ num_images: positiveSchema }), config, where);
  const count = p.num_images;
  if (count >= p.modality_type_vocab_size) {
    const expected = `modality_type_vocab_size of ${count + 1}, a row for words and one for each of num_images`;
    fail("checkpoint", `${where}, config.json`, { expected, got: `${p.modality_type_vocab_size}` });
  }
  return {
    inputs: {
      ...textInputs,
      pixel_values: { dtype: "f32", axes: `B ${count} 3 Y X` },
      pixel_mask: { dtype: "i32", axes: `B ${count} Y X`, optional: true, isFixed: true },
    },
    rules: [...classifierRules, ...trunkRules(viltConfig(p))],
    build: (at) => {
      const trunk = viltTrunk(at, viltConfig(p));
      const pool = pooler(at.in("pooler"), p.hidden_size);
      const width = count * p.hidden_size;
      const hidden = linear(at.in("head.hidden"), { from: width, to: width });
      const norm = layerNorm(at.in("head.norm"), width, 1e-5);
      const classify = linear(at.in("head.classes"), { from: width, to: labelsOf(p) });
      return ({ pixel_values, pixel_mask, ...text }) => {
        const read = repeat(count, (i) =>
          encode(
            trunk,
            p,
            {
              ...text,
              pixel_values: pictureOf(pixel_values!, i),
              ...(pixel_mask && { pixel_mask: pictureOf(pixel_mask, i) }),
            },
            i,
          ),
        );
        const pooled = concat(
          read.map(({ tokens }) => pool(tokens.at(1, 0))),
          1,
        );
        const traced = read.flatMap(({ traces }, i) =>
          Object.entries(traces).map(([name, x]) => [name.replace(".", `.${i}.`), x] as const),
        );
        return { logits: classify(norm(hidden(pooled)).gelu("exact")), ...Object.fromEntries(traced) };
      };
    },
  };
};

/** ViLT. */
export const viltFamily: Family = {
  prefix: "vilt",
  classes: {
    ViltModel: model,
    ViltForMaskedLM: forWords,
    ViltForQuestionAnswering: forAnswers,
    ViltForImagesAndTextClassification: forPictures,
    ViltForImageAndTextRetrieval: forRetrieval,
    ViltForTokenClassification: forTokens,
  },
};
