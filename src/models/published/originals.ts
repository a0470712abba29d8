import { bridgetowerLayout } from "../bridgetower.original.ts";
import { meterLayout } from "../meter.original.ts";
import { viltLayout } from "../vilt.original.ts";
import { vlcLayout } from "../vlc.original.ts";
import { vlmoLayout } from "../vlmo.original.ts";
import { type Original, original } from "./original.ts";

/**
 * Models in their authors' own layouts, by the `model_type` of the config.json that an import writes. A file is the
 * first one's whose marks it has.
 */
export const originals: Readonly<Record<string, Original>> = {
  "bridgetower-original": original(bridgetowerLayout),
  "meter-original": original(meterLayout),
  "vlmo-original": original(vlmoLayout),
  "vlc-original": original(vlcLayout),
  "vilt-original": original(viltLayout),
};

/** Tokenizers that checkpoints name without an organisation, as the hub names them today. */
export const movedTokenizers: Readonly<Record<string, string>> = {
  "bert-base-uncased": "google-bert/bert-base-uncased",
  "roberta-base": "FacebookAI/roberta-base",
  "roberta-large": "FacebookAI/roberta-large",
};
