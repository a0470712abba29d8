/** Data sets as their makers publish them, on the user's disk. */
import { fail, nearest } from "../../core/index.ts";
import type { OfficialDataset } from "../official-dataset.ts";
import { cocoCaptions, cocoCaptionTest } from "./coco-captions.ts";
import { flickr30k } from "./flickr30k.ts";
import { glue } from "./glue.ts";
import { gqa } from "./gqa.ts";
import { hatefulMemes } from "./hateful-memes.ts";
import { imageNet } from "./imagenet.ts";
import { nlvr2 } from "./nlvr2.ts";
import { okVqa } from "./ok-vqa.ts";
import { plainText, wikiText } from "./plain-text.ts";
import { refCoco } from "./refcoco.ts";
import { snliVe } from "./snli-ve.ts";
import { visualGenome } from "./visual-genome.ts";
import { vizWiz } from "./vizwiz.ts";
import { vqav2 } from "./vqav2.ts";
import { conceptualCaptions3M, conceptualCaptions12M, sbuCaptions } from "./web-captions.ts";

/** Every reader, in the order that lists show. */
export const realDatasets: readonly OfficialDataset[] = [
  cocoCaptions,
  cocoCaptionTest,
  flickr30k,
  visualGenome,
  sbuCaptions,
  conceptualCaptions3M,
  conceptualCaptions12M,
  vqav2,
  gqa,
  okVqa,
  vizWiz,
  nlvr2,
  snliVe,
  ...refCoco,
  hatefulMemes,
  imageNet,
  ...glue,
  wikiText,
  plainText,
];

/** The reader of this name. @throws BifocalError "usage" for an unknown one. */
export function realDataset(name: string): OfficialDataset {
  const found = realDatasets.find((dataset) => dataset.name === name);
  if (found !== undefined) return found;
  const close = nearest(
    name,
    realDatasets.map((dataset) => dataset.name),
  );
  return fail("usage", "data set", {
    expected: "a data set's name",
    got: name,
    todo: `did you mean ${close}?`,
  });
}
