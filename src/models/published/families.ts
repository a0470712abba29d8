import { bridgetowerFamily } from "../bridgetower.weights.ts";
import { clipFamily } from "../clip.weights.ts";
import { flavaCodebookFamily } from "../dall-e.weights.ts";
import { albertFamily } from "../encoders/albert.weights.ts";
import { beitFamily } from "../encoders/beit.weights.ts";
import { bertFamily } from "../encoders/bert.weights.ts";
import { clipTextFamily } from "../encoders/clip-text.weights.ts";
import { clipVisionFamily } from "../encoders/clip-vision.weights.ts";
import { debertaFamily } from "../encoders/deberta.weights.ts";
import { debertaV2Family } from "../encoders/deberta-v2.weights.ts";
import { deitFamily } from "../encoders/deit.weights.ts";
import { dinov2Family, dinov2RegistersFamily } from "../encoders/dinov2.weights.ts";
import { distilbertFamily } from "../encoders/distilbert.weights.ts";
import { electraFamily } from "../encoders/electra.weights.ts";
import { resnetFamily } from "../encoders/resnet.weights.ts";
import { camembertFamily, robertaFamily, xlmRobertaFamily } from "../encoders/roberta.weights.ts";
import { siglipTextFamily } from "../encoders/siglip-text.weights.ts";
import { siglipVisionFamily } from "../encoders/siglip-vision.weights.ts";
import { swinFamily } from "../encoders/swin.weights.ts";
import { vitFamily } from "../encoders/vit.weights.ts";
import { vitMaeFamily } from "../encoders/vit-mae.weights.ts";
import { flavaFamily } from "../flava.weights.ts";
import { flavaImageFamily, flavaJointFamily, flavaTextFamily } from "../flava-parts.weights.ts";
import { siglipFamily } from "../siglip.weights.ts";
import { viltFamily } from "../vilt.weights.ts";
import type { Family } from "./class.ts";

/** Every published family by the `model_type` of its config.json. */
export const families: Readonly<Record<string, Family>> = {
  albert: albertFamily,
  bert: bertFamily,
  beit: beitFamily,
  bridgetower: bridgetowerFamily,
  camembert: camembertFamily,
  clip: clipFamily,
  clip_text_model: clipTextFamily,
  clip_vision_model: clipVisionFamily,
  deberta: debertaFamily,
  "deberta-v2": debertaV2Family,
  deit: deitFamily,
  dinov2: dinov2Family,
  dinov2_with_registers: dinov2RegistersFamily,
  distilbert: distilbertFamily,
  electra: electraFamily,
  flava: flavaFamily,
  flava_image_model: flavaImageFamily,
  flava_multimodal_model: flavaJointFamily,
  flava_text_model: flavaTextFamily,
  flava_image_codebook: flavaCodebookFamily,
  resnet: resnetFamily,
  roberta: robertaFamily,
  siglip: siglipFamily,
  siglip_text_model: siglipTextFamily,
  siglip_vision_model: siglipVisionFamily,
  swin: swinFamily,
  vilt: viltFamily,
  vit_mae: vitMaeFamily,
  vit: vitFamily,
  "xlm-roberta": xlmRobertaFamily,
};
