/** What FLAVA's whole classes share: config.json, names, inputs, and the outputs of its three encoders. */
import { fail } from "../../core/errors.ts";
import type { Tensor } from "../../graph/tensor.ts";
import type { Scope } from "../../nn/scope.ts";
import type { BertConfig } from "../encoders/bert.ts";
import { type JointEncoderConfig, jointReader } from "../flava.ts";
import { type Named, type PublishedModel, traces } from "./class.ts";
import {
  type FlavaImage,
  imageEncoder,
  imageRules,
  jointRules,
  lastOutputs,
  maskInput,
  poolOf,
  readImage,
  readJoint,
  readText,
  textEncoder,
  textRules,
} from "./flava.ts";
import { partOf, under } from "./pair.ts";
import { type Rule, renameLayer, within } from "./rules.ts";
import { segmentInputs } from "./text.ts";

/** All three encoders of a file, with their rules. */
export interface FlavaFile {
  readonly image: FlavaImage;
  readonly text: BertConfig;
  readonly joint: JointEncoderConfig;
  readonly rules: readonly Rule[];
}

/** config.json's parts. */
export function readFlava(config: unknown, where: string): FlavaFile {
  const image = readImage(partOf(config, where, "image_config"), where);
  return {
    image,
    text: readText(partOf(config, where, "text_config"), where),
    joint: readJoint(partOf(config, where, "multimodal_config"), where),
    rules: [
      ...within("image_model", "image", imageRules(image)),
      ...within("text_model", "text", textRules),
      ...within("multimodal_model", "", jointRules("fusion")),
      ...renameLayer("image_to_mm_projection", "projectPatches"),
      ...renameLayer("text_to_mm_projection", "projectWords"),
    ],
  };
}

/** What any of FLAVA's whole classes reads: pictures, texts or both. */
export function flavaInputs({ image }: FlavaFile): PublishedModel["inputs"] {
  const { input_ids, ...rest } = segmentInputs;
  return {
    pixel_values: { dtype: "f32", axes: "B 3 Y X", optional: true },
    input_ids: { ...input_ids, optional: true },
    ...rest,
    ...maskInput(image),
  };
}

/** Names of what the encoders return; behind them "embeddings" and "output". */
export interface FlavaNames {
  readonly image: string;
  readonly text: string;
  readonly joint: string;
}

/** The three encoders: outputs of those whose inputs are given, the joint one only if it is asked for. */
export function flavaEncoders(at: Scope, { image, text, joint }: FlavaFile) {
  const encodeImage = imageEncoder(at.in("image"), image);
  const poolImage = poolOf(at.in("image"), image.c.width);
  const encodeText = textEncoder(at.in("text"), text);
  const poolText = poolOf(at.in("text"), text.width);
  const read = jointReader(at, joint, { image: image.c.width, text: text.width });
  const poolPair = poolOf(at, joint.width);

  return (given: Named, names: FlavaNames, joined: boolean): Record<string, Tensor> => {
    const { pixel_values, bool_masked_pos, input_ids } = given;
    const picture = pixel_values && encodeImage(pixel_values, bool_masked_pos);
    const sentence = input_ids && encodeText(given);
    const pair = joined && picture && sentence ? read(picture, sentence) : undefined;
    const outputs = (name: string, tokens: Tensor, pool: ReturnType<typeof poolOf>, more: Named) => ({
      [`${name}embeddings`]: tokens,
      ...under(`${name}output`, { ...lastOutputs(tokens, pool), ...more }),
    });
    return {
      ...(picture &&
        outputs(names.image, picture.patches, poolImage, traces(picture.layers, picture.attention))),
      ...(sentence &&
        outputs(names.text, sentence.words, poolText, traces(sentence.layers, sentence.attention))),
      ...(pair && outputs(names.joint, pair.tokens, poolPair, {})),
    };
  };
}

/** Names of the pass over inputs as they are. */
export const plainNames: FlavaNames = { image: "image_", text: "text_", joint: "multimodal_" };

/** Pictures or texts must be there. @throws BifocalError when neither is. */
export function needInputs({ pixel_values, input_ids, input_ids_masked }: Named): void {
  if (pixel_values ?? input_ids ?? input_ids_masked) return;
  fail("data", "inputs", { expected: "pixel_values, input_ids or both", got: "neither" });
}
