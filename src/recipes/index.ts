import { bridgetowerBase } from "./bridgetower-base.ts";
import { bridgetowerLarge } from "./bridgetower-large.ts";
import { bridgetowerTiny, bridgetowerTinyNlvr2, bridgetowerTinyVqa } from "./bridgetower-tiny.ts";
import { dualEncoderTiny } from "./dual-encoder-tiny.ts";
import { meter } from "./meter.ts";
import { meterBase } from "./meter-base.ts";
import { meterTiny } from "./meter-tiny.ts";
import { meterTinyCaptioning } from "./meter-tiny-captioning.ts";
import { meterTinyClassification } from "./meter-tiny-classification.ts";
import { meterTinyDecoder } from "./meter-tiny-decoder.ts";
import { meterTinyEntailment } from "./meter-tiny-entailment.ts";
import { meterTinyNlvr2 } from "./meter-tiny-nlvr2.ts";
import { meterTinyReferring } from "./meter-tiny-referring.ts";
import { meterTinyRetrieval } from "./meter-tiny-retrieval.ts";
import { meterTinyVqa } from "./meter-tiny-vqa.ts";
import type { DescribedStages, Recipe } from "./recipe.ts";
import { renaissanceOneTower } from "./renaissance-one-tower.ts";
import {
  renaissanceOneTowerTiny,
  renaissanceOneTowerTinyNlvr2,
  renaissanceOneTowerTinyVqa,
} from "./renaissance-one-tower-tiny.ts";
import { renaissanceTwoTower } from "./renaissance-two-tower.ts";
import {
  renaissanceTwoTowerTiny,
  renaissanceTwoTowerTinyNlvr2,
  renaissanceTwoTowerTinyVqa,
} from "./renaissance-two-tower-tiny.ts";
import { vilt } from "./vilt.ts";
import { viltTiny, viltTinyNlvr2, viltTinyVqa } from "./vilt-tiny.ts";
import { visualParsing } from "./visual-parsing.ts";
import { visualParsingTiny, visualParsingTinyNlvr2, visualParsingTinyVqa } from "./visual-parsing-tiny.ts";
import { vlcBase } from "./vlc-base.ts";
import { vlcTiny, vlcTinyNlvr2, vlcTinyVqa } from "./vlc-tiny.ts";
import { vlmoBase } from "./vlmo-base.ts";
import { vlmoBasePlus } from "./vlmo-base-plus.ts";
import { vlmoBaseStages } from "./vlmo-base-stages.ts";
import { vlmoLarge } from "./vlmo-large.ts";
import { vlmoTiny, vlmoTinyNlvr2, vlmoTinyVqa } from "./vlmo-tiny.ts";
import { vlmoTinyStages } from "./vlmo-tiny-stages.ts";

/** Every recipe of one run by name. */
export const recipes: Readonly<Record<string, Recipe>> = Object.fromEntries(
  [
    meterTiny,
    meterTinyVqa,
    meterTinyDecoder,
    meterTinyCaptioning,
    meterTinyNlvr2,
    meterTinyEntailment,
    meterTinyClassification,
    meterTinyReferring,
    meterTinyRetrieval,
    dualEncoderTiny,
    meterBase,
    bridgetowerBase,
    bridgetowerLarge,
    meter,
    renaissanceOneTower,
    renaissanceTwoTower,
    vilt,
    visualParsing,
    vlcBase,
    vlmoBase,
    vlmoBasePlus,
    vlmoLarge,
    viltTiny,
    viltTinyVqa,
    viltTinyNlvr2,
    vlcTiny,
    vlcTinyVqa,
    vlcTinyNlvr2,
    vlmoTiny,
    vlmoTinyVqa,
    vlmoTinyNlvr2,
    bridgetowerTiny,
    bridgetowerTinyVqa,
    bridgetowerTinyNlvr2,
    renaissanceOneTowerTiny,
    renaissanceOneTowerTinyVqa,
    renaissanceOneTowerTinyNlvr2,
    renaissanceTwoTowerTiny,
    renaissanceTwoTowerTinyVqa,
    renaissanceTwoTowerTinyNlvr2,
    visualParsingTiny,
    visualParsingTinyVqa,
    visualParsingTinyNlvr2,
  ].map((recipe) => [recipe.name, recipe]),
);

/** Every recipe of several stages by name. */
export const stagedRecipes: Readonly<Record<string, DescribedStages>> = Object.fromEntries(
  [vlmoBaseStages, vlmoTinyStages].map((recipe) => [recipe.name, recipe]),
);
