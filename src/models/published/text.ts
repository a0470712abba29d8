/** What the published classes of text towers share: inputs, heads, and the tower of a file for our models. */
import { z } from "zod";
import { full, type Tensor } from "../../graph/tensor.ts";
import { pooler, type WordHeadConfig, wordHead } from "../../nn/heads.ts";
import type { Scope } from "../../nn/scope.ts";
import type { TextState, TextTower } from "../contracts.ts";
import type { WordTower } from "../encoders/bert.ts";
import type { TextTowerConfig } from "../encoders/index.ts";
import {
  activationSchema,
  depthSchema,
  type Holds,
  type PublishedModel,
  positiveSchema,
  type TowerSource,
  traces,
} from "./class.ts";
import { drop, dropBlocks, type Rule, rename, renameLayer } from "./rules.ts";

/** What config.json says of a text tower in every family, with BERT's defaults. */
export const textFields = {
  vocab_size: positiveSchema.default(30522),
  hidden_size: positiveSchema.default(768),
  num_hidden_layers: depthSchema.default(12),
  num_attention_heads: positiveSchema.default(12),
  intermediate_size: positiveSchema.default(3072),
  hidden_act: activationSchema.default("exact"),
  hidden_dropout_prob: z.number().default(0.1),
  max_position_embeddings: positiveSchema.default(512),
  layer_norm_eps: z.number().default(1e-12),
  is_decoder: z.literal(false).default(false),
};

/** Whether a head for words shares their table. */
export const tieFields = { tie_word_embeddings: z.boolean().default(true) };

/** As our towers call them. */
export function plainText(p: z.output<z.ZodObject<typeof textFields>>) {
  return {
    vocab: p.vocab_size,
    textLength: p.max_position_embeddings,
    width: p.hidden_size,
    depth: p.num_hidden_layers,
    heads: p.num_attention_heads,
    hidden: p.intermediate_size,
    activation: p.hidden_act,
    dropout: p.hidden_dropout_prob,
    epsilon: p.layer_norm_eps,
  } as const;
}

const ids = { dtype: "i32", axes: "B T" } as const;

/** Ids and mask alone. */
export const plainInputs = { input_ids: ids, attention_mask: { ...ids, optional: true } } as const;

/** With segments. */
export const segmentInputs = { ...plainInputs, token_type_ids: { ...ids, optional: true } } as const;

/** A class that encodes texts and makes its outputs of the tower's state. A missing mask keeps all. */
export function textClass<T extends TextTower>(
  inputs: PublishedModel["inputs"],
  rules: readonly Rule[],
  tower: (at: Scope) => T,
  head: (at: Scope, tower: T) => (state: TextState) => Record<string, Tensor>,
): PublishedModel {
  return {
    inputs,
    rules,
    build: (at) => {
      const encoder = tower(at);
      const finish = head(at, encoder);
      return ({ input_ids, attention_mask, token_type_ids }) => {
        const keep = attention_mask?.equal(0).not() ?? full(1, "bool", input_ids!.shape);
        const state = encoder.encode({ ids: input_ids!, keep, segments: token_type_ids });
        return { ...finish(state), ...traces(state.layers, state.attention) };
      };
    },
  };
}

/** The head of a bare model with a tanh pooler. */
export function pooledOutputs(at: Scope, { width }: TextTower) {
  const pool = pooler(at.in("pooler"), width);
  return ({ words }: TextState) => ({ last_hidden_state: words, pooler_output: pool(words.at(1, 0)) });
}

/** That of one without. */
export function plainOutputs() {
  return ({ words }: TextState) => ({ last_hidden_state: words });
}

/** The pooler of a bare model, under `name`, which a file may lack: its rules and the head to build. */
export function optionalPooler(holds: Holds, name = "pooler.dense") {
  return holds(`${name}.weight`)
    ? { rules: renameLayer(name, "pooler.dense"), head: pooledOutputs }
    : { rules: [], head: plainOutputs };
}

/** How a family names the parts of its head for words. */
export interface WordHeadNames {
  readonly dense: string;
  readonly norm: string;
  readonly decoder: string;
  /** Where the decoder's bias is when the decoder has none of its own. */
  readonly bias?: string;
}

/**
 * The head for words of a file, and its outputs. Where config.json ties the decoder to the word table, a file may hold
 * it a second time; where the two differ, the published classes use both, and so does this.
 */
export function wordHeadOf(c: WordHeadConfig, names: WordHeadNames, tie: boolean, holds: Holds) {
  const { dense, norm, decoder, bias } = names;
  const tied = tie && !holds(`${decoder}.weight`);
  const ownBias = bias === undefined || holds(`${decoder}.bias`);
  const rules: Rule[] = [
    ...renameLayer(dense, "head.transform"),
    ...renameLayer(norm, "head.norm"),
    rename(`${decoder}.weight`, "head.decoder.weight"),
    rename(ownBias ? `${decoder}.bias` : bias, "head.bias"),
    ...(ownBias && bias !== undefined ? [drop(bias, "is not used: the decoder has a bias of its own")] : []),
  ];
  return { rules, head: wordOutputs(c, tied) };
}

/** Logits of words; tied, the decoder is the tower's word table. */
export function wordOutputs(c: WordHeadConfig, tied: boolean) {
  return (at: Scope, { table }: WordTower) => {
    const head = wordHead(at.in("head"), c, tied ? table : undefined);
    return ({ words }: TextState) => ({ logits: head(words) });
  };
}

/** Heads that files of several families hold. */
export const headDrops: readonly Rule[] = [
  drop("pooler.**", "is the published pooler, which this model does not have"),
  drop("classifier.**", "is the classifier"),
];

/** How a file holds a tower. */
export interface TextTowerFile {
  /** What names of blocks have before their number; absent where blocks are shared. */
  readonly stack?: string;
  readonly rules: readonly Rule[];
  /** For what else there is. */
  readonly drops: readonly Rule[];
}

/** The tower of a file for our models: as it is, with fewer blocks, or its words' vectors alone. */
export function textSource(
  config: Exclude<TextTowerConfig, { readonly kind: "words" }>,
  { stack, rules, drops }: TextTowerFile,
): TowerSource<TextTowerConfig> {
  return {
    config,
    rules: (asked) => {
      if (asked.kind === "words") return [...rules.flatMap(embeddingAlone), ...drops];
      const surplus = stack === undefined ? [] : dropBlocks(stack, asked.depth, config.depth);
      return [...surplus, ...rules, ...drops];
    },
  };
}

/** A rule of a tower, for its words' vectors. */
function embeddingAlone(rule: Rule): Rule[] {
  if ("drop" in rule || rule.to.every((name) => name.startsWith("embedding."))) return [rule];
  return rule.from.map((name) => drop(name, "is behind the words' vectors"));
}
