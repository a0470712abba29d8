import type { Scope } from "../../nn/scope.ts";
import type { Colours, ImageTower, TextTower } from "../contracts.ts";
import { type AlbertConfig, albert } from "./albert.ts";
import { type BarePatchesConfig, barePatches } from "./bare-patches.ts";
import { type BareWordsConfig, bareWords } from "./bare-words.ts";
import { type BertConfig, bert } from "./bert.ts";
import { type ClipTextConfig, clipText } from "./clip-text.ts";
import { type DebertaConfig, deberta } from "./deberta.ts";
import { type ResnetConfig, resnet } from "./resnet.ts";
import { type SwinConfig, swin } from "./swin.ts";
import { type VitConfig, vit } from "./vit.ts";

/** An image tower as a recipe names it. */
export type ImageTowerConfig = (
  | ({ readonly kind: "vit" } & VitConfig)
  | ({ readonly kind: "swin" } & SwinConfig)
  | ({ readonly kind: "patches" } & BarePatchesConfig)
  | ({ readonly kind: "resnet"; readonly imageSize: VitConfig["imageSize"] } & ResnetConfig)
) & {
  readonly colours: Colours;
  /** Published weights to start from, "org/name@commit"; absent: random ones. */
  readonly from?: string | undefined;
};

/** A text tower as a recipe names it. */
export type TextTowerConfig = (
  | ({ readonly kind: "bert" } & BertConfig)
  | ({ readonly kind: "albert" } & AlbertConfig)
  | ({ readonly kind: "deberta" } & DebertaConfig)
  | ({ readonly kind: "clip-text" } & ClipTextConfig)
  | ({ readonly kind: "words" } & BareWordsConfig)
) & {
  /** Published tokenizer, "org/name@commit"; absent: learned from the data set's own text. */
  readonly tokenizer?: string | undefined;
  readonly from?: string | undefined;
};

/** Side of what one patch of a tower's last layer stands for, in pixels. */
export function patchSide(
  image:
    | { readonly kind: "vit" | "patches"; readonly patch: number }
    | ({ readonly kind: "swin" } & Pick<SwinConfig, "patch" | "widths">)
    | ({ readonly kind: "resnet" } & Pick<ResnetConfig, "widths" | "halveFirst">),
): number {
  switch (image.kind) {
    case "vit":
    case "patches":
      return image.patch;
    case "swin":
      return image.patch * 2 ** (image.widths.length - 1);
    case "resnet":
      return (image.halveFirst ? 8 : 4) * 2 ** (image.widths.length - 1);
  }
}

/** Declares the parameters of an image tower under `at`. */
export function imageTower(at: Scope, config: ImageTowerConfig): ImageTower {
  switch (config.kind) {
    case "vit":
      return vit(at, config);
    case "swin":
      return swin(at, config);
    case "patches":
      return barePatches(at, config);
    case "resnet":
      return resnet(at, config);
  }
}

/** Declares the parameters of a text tower under `at`. */
export function textTower(at: Scope, config: TextTowerConfig): TextTower {
  switch (config.kind) {
    case "bert":
      return bert(at, config);
    case "albert":
      return albert(at, config);
    case "deberta":
      return deberta(at, config);
    case "clip-text":
      return clipText(at, config);
    case "words":
      return bareWords(at, config);
  }
}
