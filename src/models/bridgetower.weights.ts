/** BridgeTower as published: `BridgeTower/bridgetower-*`. */
import { z } from "zod";
import { unitNorm } from "../graph/functions.ts";
import { concat } from "../graph/tensor.ts";
import { linear } from "../nn/linear.ts";
import { colours } from "./colours.ts";
import { headDrops, pairClass, readBridgeTower, textRules, visualRules } from "./published/bridgetower.ts";
import {
  type Family,
  type Holds,
  type PublishedModel,
  positiveSchema,
  readConfig,
} from "./published/class.ts";
import { drop, renameLayer, within } from "./published/rules.ts";
import { textSource, wordHeadOf } from "./published/text.ts";
import { fitPositions, imageSource } from "./published/vit.ts";

/** BridgeTowerModel. */
function model(config: unknown, where: string): PublishedModel {
  return pairClass(readBridgeTower(config, where), [], () => ({ words, patches, pooled }) => ({
    text_features: words,
    image_features: patches,
    pooler_output: pooled,
  }));
}

const wordNames = {
  dense: "mlm_score.transform.dense",
  norm: "mlm_score.transform.LayerNorm",
  decoder: "mlm_score.decoder",
  bias: "mlm_score.bias",
};

/** BridgeTowerForMaskedLM. */
function forWords(config: unknown, where: string, holds: Holds): PublishedModel {
  const file = readBridgeTower(config, where);
  const { hidden_size, hidden_act, layer_norm_eps, tie_word_embeddings } = file.p;
  const sizes = {
    width: hidden_size,
    classes: file.text.vocab,
    epsilon: layer_norm_eps,
    activation: hidden_act,
  };
  const words = wordHeadOf(sizes, wordNames, tie_word_embeddings, holds);
  return pairClass(file, words.rules, (at, tower) => {
    const predict = words.head(at, tower);
    return (state, _, text) => predict({ ...text, words: state.words });
  });
}

/** BridgeTowerForImageAndTextRetrieval; column 1 = match. */
function forMatching(config: unknown, where: string): PublishedModel {
  const file = readBridgeTower(config, where);
  return pairClass(file, renameLayer("itm_score.fc", "match"), (at) => {
    const match = linear(at.in("match"), { from: 2 * file.fusion.width, to: 2 });
    return ({ pooled }) => ({ logits: match(pooled) });
  });
}

const contrastSchema = z.object({ contrastive_hidden_size: positiveSchema });

/** BridgeTowerForContrastiveLearning: unit vectors of texts, pictures and pairs; the pictures' are read behind the projection. */
function forContrast(config: unknown, where: string): PublishedModel {
  const file = readBridgeTower(config, where);
  const { contrastive_hidden_size: to } = readConfig(contrastSchema, config, where);
  const { width } = file.fusion;
  const rules = [
    ...renameLayer("itc_text_head.fc", "contrast.words"),
    ...renameLayer("itc_image_head.fc", "contrast.patches"),
    ...renameLayer("itc_cross_modal_head.fc", "contrast.pair"),
  ];
  return pairClass(file, rules, (at) => {
    const ofText = linear(at.in("contrast.words"), { from: width, to });
    const ofImage = linear(at.in("contrast.patches"), { from: width, to });
    const ofPair = linear(at.in("contrast.pair"), { from: 2 * width, to });
    return ({ pooled, given }, _, text) => {
      const text_embeds = unitNorm(ofText(text.words.at(1, 0)));
      const image_embeds = unitNorm(ofImage(given.at(-1)!.patches.at(1, 0)));
      const cross_embeds = unitNorm(ofPair(pooled));
      const logits = concat(
        [text_embeds, image_embeds, cross_embeds].map((rows) => rows.unsqueeze(1)),
        1,
      );
      return { logits, text_embeds, image_embeds, cross_embeds };
    };
  });
}

const noTower = "is not part of the tower";
const fusionDrops = [
  drop("cross_modal_**", noTower),
  drop("token_type_embeddings.weight", noTower),
  ...headDrops,
];

/** BridgeTower. */
export const bridgetowerFamily: Family = {
  prefix: "bridgetower",
  classes: {
    BridgeTowerModel: model,
    BridgeTowerForMaskedLM: forWords,
    BridgeTowerForImageAndTextRetrieval: forMatching,
    BridgeTowerForContrastiveLearning: forContrast,
  },
  image: (config, where) => {
    const { image, imageDepth } = readBridgeTower(config, where);
    const rules = [
      ...within("vision_model.visual", "", visualRules(image, imageDepth)),
      drop("text_model.**", noTower),
      ...fusionDrops,
    ];
    return imageSource(image, colours.clip, rules, {
      stack: "vision_model.visual.transformer.resblocks",
      fit: (asked) => fitPositions("vision_model.visual.embeddings.position_embedding.weight", image, asked),
    });
  },
  text: (config, where) => {
    const { text } = readBridgeTower(config, where);
    const rules = within("text_model", "", textRules);
    return textSource(text, {
      stack: "text_model.encoder.layer",
      rules,
      drops: [drop("vision_model.**", noTower), ...fusionDrops],
    });
  },
};
