/** RoBERTa as published, and XLM-R (Conneau et al. 2020, arXiv:1911.02116) and CamemBERT, which differ in name alone. */
import { z } from "zod";
import {
  type Family,
  type Holds,
  type PublishedModel,
  positiveSchema,
  readConfig,
} from "../published/class.ts";
import { drop, type Rule } from "../published/rules.ts";
import {
  headDrops,
  optionalPooler,
  plainText,
  segmentInputs,
  textClass,
  textFields,
  textSource,
  tieFields,
  wordHeadOf,
} from "../published/text.ts";
import { type BertConfig, bert } from "./bert.ts";
import { bertRules } from "./bert.weights.ts";

const schema = z.object({
  ...textFields,
  ...tieFields,
  vocab_size: positiveSchema.default(50265),
  type_vocab_size: positiveSchema.default(2),
  pad_token_id: z.int().nonnegative().default(1),
  position_embedding_type: z.literal("absolute").default("absolute"),
});

function read(config: unknown, where: string): { c: BertConfig; tie: boolean } {
  const p = readConfig(schema, config, where);
  const positionOffset = p.pad_token_id + 1;
  const textLength = p.max_position_embeddings - positionOffset;
  const c = {
    ...plainText(p),
    positionOffset,
    textLength,
    segments: p.type_vocab_size,
    norm: "post",
  } as const;
  return { c, tie: p.tie_word_embeddings };
}

const names = {
  dense: "lm_head.dense",
  norm: "lm_head.layer_norm",
  decoder: "lm_head.decoder",
  bias: "lm_head.bias",
};

const drops: readonly Rule[] = [...headDrops, drop("lm_head.**", "predicts words")];

/** RobertaModel. */
function model(config: unknown, where: string, holds: Holds): PublishedModel {
  const { c } = read(config, where);
  const { rules, head } = optionalPooler(holds);
  return textClass(segmentInputs, [...bertRules, ...rules, ...drops], (at) => bert(at, c), head);
}

/** RobertaForMaskedLM, whose head has GELU whatever the blocks have. */
function forWords(config: unknown, where: string, holds: Holds): PublishedModel {
  const { c, tie } = read(config, where);
  const { rules, head } = wordHeadOf({ ...c, classes: c.vocab, activation: "exact" }, names, tie, holds);
  return textClass(segmentInputs, [...bertRules, ...rules, ...drops], (at) => bert(at, c), head);
}

function family(name: string): Family {
  return {
    prefix: "roberta",
    classes: { [`${name}Model`]: model, [`${name}ForMaskedLM`]: forWords },
    text: (config, where) =>
      textSource(
        { kind: "bert", ...read(config, where).c },
        { stack: "encoder.layer", rules: bertRules, drops },
      ),
  };
}

/** RoBERTa. */
export const robertaFamily = family("Roberta");

/** XLM-R. */
export const xlmRobertaFamily = family("XLMRoberta");

/** CamemBERT. */
export const camembertFamily = family("Camembert");
