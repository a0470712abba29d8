import assert from "node:assert/strict";
import { test } from "node:test";
import { countParameters, declare } from "../nn/scope.ts";
import { type BridgeTowerConfig, bridgetower } from "./bridgetower.ts";
import { bridgetowerFamily } from "./bridgetower.weights.ts";
import { colours } from "./colours.ts";

/** Numbers in the parameters of a published class; what its file does not hold, the class has. */
function count(name: string, config: object): number {
  const published = bridgetowerFamily.classes[name]!(config, "test", () => true);
  return countParameters(declare(published.build).parameters);
}

const large = {
  hidden_size: 1024,
  contrastive_hidden_size: 512,
  text_config: { hidden_size: 1024, num_hidden_layers: 24, num_attention_heads: 16, intermediate_size: 4096 },
  vision_config: { hidden_size: 1024, num_hidden_layers: 24, image_size: 294, patch_size: 14 },
};

/** RoBERTa's own pooler, which the published classes declare and never run. */
const unusedPooler = (width: number) => width * width + width;

void test("base and large have the published classes' parameters", () => {
  // Counted by transformers 5.23 on the meta device.
  assert.equal(count("BridgeTowerModel", {}) + unusedPooler(768), 326_347_008);
  assert.equal(count("BridgeTowerForMaskedLM", {}) + unusedPooler(768), 365_592_921);
  assert.equal(count("BridgeTowerForImageAndTextRetrieval", {}) + unusedPooler(768), 326_350_082);
  assert.equal(count("BridgeTowerModel", large) + unusedPooler(1024), 864_514_048);
  // One more is the temperature, which scales a loss.
  assert.equal(count("BridgeTowerForContrastiveLearning", large) + unusedPooler(1024) + 1, 866_612_737);
});

void test("what the published class cannot run is refused", () => {
  const refused = (config: object, message: RegExp) =>
    assert.throws(() => bridgetowerFamily.classes.BridgeTowerModel!(config, "here", () => true), message);
  refused({ share_link_tower_layers: true }, /share_link_tower_layers/);
  refused({ link_tower_type: "gate" }, /link_tower_type/);
  refused({ hidden_size: 512 }, /text_config\.hidden_size.*512.*768/);
  refused({ num_hidden_layers: 14 }, /num_hidden_layers.*at most 13.*14/);
  refused({ vision_config: { remove_last_layer: true } }, /vision_config\.num_hidden_layers.*12.*11/);
});

void test("more bridges than a tower has states are refused", () => {
  const blocks = { width: 8, heads: 2, hidden: 6, activation: "exact", dropout: 0, epsilon: 1e-5 } as const;
  const config: BridgeTowerConfig = {
    image: {
      kind: "vit",
      colours: colours.clip,
      imageSize: 6,
      patch: 3,
      depth: 3,
      normFirst: true,
      ...blocks,
    },
    text: {
      kind: "bert",
      vocab: 5,
      textLength: 4,
      positionOffset: 0,
      segments: 1,
      depth: 2,
      norm: "post",
      ...blocks,
    },
    fusion: { ...blocks, depth: 4, norm: "post", bridge: "add", bridgeEpsilon: 1e-5, projections: "shared" },
  };
  assert.throws(() => declare((at) => bridgetower(at, config)), /fusion\.depth.*at most 3.*4/);
});
