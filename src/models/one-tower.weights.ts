/** What a one-tower model takes of published towers: the blocks of one, and the embeddings of others where it is asked to. */
import { fail } from "../core/errors.ts";
import type { ImageTowerConfig, TextTowerConfig } from "./encoders/index.ts";
import type { OneTowerConfig, TowerBlocksConfig } from "./one-tower.ts";
import type { TowerSource } from "./published/class.ts";
import { partRules } from "./published/part-rules.ts";
import { type Rule, within } from "./published/rules.ts";

/**
 * The blocks of a published tower as `model.tower` of a recipe. @throws BifocalError when the tower is no stack of plain
 * blocks: words and patches have to run through them together.
 */
export function towerBlocksOf(tower: ImageTowerConfig | TextTowerConfig, where: string): TowerBlocksConfig {
  if (tower.kind === "vit" && tower.relativePositions === undefined) {
    const { width, depth, heads, hidden, activation, dropout, epsilon, projectionBias, layerScale, gated } =
      tower;
    const plain = { width, depth, heads, hidden, activation, dropout, epsilon, norm: "pre" } as const;
    return { ...plain, projectionBias, layerScale, gated };
  }
  if (tower.kind === "bert") {
    const { width, depth, heads, hidden, activation, dropout, epsilon, norm } = tower;
    return { width, depth, heads, hidden, activation, dropout, epsilon, norm };
  }
  return fail("config", where, {
    expected:
      "a stack of blocks that knows nothing of the tokens' places, as in ViT, DeiT, DINO, BERT or ELECTRA",
    got: tower.kind === "vit" ? "attention biased by the distance of patches" : tower.kind,
    todo: "choose another model for the tower",
  });
}

/** What a published file fills of a one-tower model. Names are those of the model's parameters, from its own scope on. */
export interface PublishedPart {
  readonly rules: readonly Rule[];
  fills(name: string): boolean;
}

/** The blocks, and the last norm where the model has one. */
export function publishedBlocks(
  source: TowerSource<ImageTowerConfig> | TowerSource<TextTowerConfig>,
  { tower }: OneTowerConfig,
): PublishedPart {
  const { depth } = tower;
  const rules = isImage(source)
    ? source.rules({ ...source.config, depth } as ImageTowerConfig)
    : source.rules({ ...source.config, depth } as TextTowerConfig);
  return part("tower", partRules(rules, tower.finalNorm === "tokens" ? ["blocks", "norm"] : ["blocks"]));
}

/** The embedding of patches, its positions resized where the picture size is another. */
export function publishedPatches(
  source: TowerSource<ImageTowerConfig>,
  { image }: OneTowerConfig,
): PublishedPart {
  return part("image", source.rules(image));
}

/** The embedding of words, with the projection to the blocks' width where file and model both have one, as in small ELECTRA. */
export function publishedWords(
  source: TowerSource<TextTowerConfig>,
  { text, tower }: OneTowerConfig,
): PublishedPart {
  const { config } = source;
  const isProjected =
    config.kind === "bert" && config.embeddingWidth === text.width && config.width === tower.width;
  const { rules, fills } = part(
    "text",
    partRules(source.rules(config), isProjected ? ["embedding", "project"] : ["embedding"]),
  );
  const moved = rules.map((rule) =>
    "drop" in rule
      ? rule
      : { ...rule, to: rule.to.map((name) => name.replace(/^text\.project\./, "projectWords.")) },
  );
  return { rules: moved, fills: (name) => fills(name) || (isProjected && name.startsWith("projectWords.")) };
}

function part(at: string, rules: readonly Rule[]): PublishedPart {
  return { rules: within("", at, rules), fills: (name) => name.startsWith(`${at}.`) };
}

function isImage(
  source: TowerSource<ImageTowerConfig> | TowerSource<TextTowerConfig>,
): source is TowerSource<ImageTowerConfig> {
  return "colours" in source.config;
}
