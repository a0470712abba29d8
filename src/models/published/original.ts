/**
 * Models as their authors' own code stores them: tensors by that code's names, which show the sizes and the heads there
 * are, and beside them what the trainer noted under `hyper_parameters.config`. Each is a family of one class.
 */
import { z } from "zod";
import { full, type Tensor } from "../../graph/tensor.ts";
import type { Scope } from "../../nn/scope.ts";
import type { FusionModel, ImageState, TextState } from "../contracts.ts";
import { type Family, type Named, type PublishedModel, readConfig } from "./class.ts";
import { originalHeads } from "./original-heads.ts";
import { type ShapeOf, type Shapes, shapesIn } from "./original-towers.ts";
import type { Rule } from "./rules.ts";
import { pictureOf } from "./vilt.ts";

/** What a checkpoint holds: a model by our configuration, and how its tensors fill that model and heads beside it. */
export interface OriginalSource<C> {
  readonly config: C;
  /** For another picture size or number of pictures, or fewer blocks, where the model has a choice: see `TowerSource`. */
  rules(asked: C): readonly Rule[];
}

/** A model as the original code runs it. */
export interface OriginalModel extends Pick<FusionModel, "encodeText" | "fuse"> {
  /** Pictures f32[B,3,Y,X] and, for a layout that reads one, the mask of their pixels, i32[B,Y,X]. */
  encodeImage(pixels: Tensor, mask?: Tensor): ImageState;
  /** What contrast compares, by name: unit vectors `text_embeds` and `image_embeds`; absent without such heads. */
  embed?(image: ImageState, text: TextState): Named;
}

/** How one of these models is known, read and built. */
export interface OriginalLayout<C> {
  /** The class of the original code. */
  readonly className: string;
  /** Tensors that its checkpoints hold; for the first layout of a list whose marks a file has all. */
  readonly marks: readonly string[];
  /** Whether pictures come with a mask of their pixels, `pixel_mask`. */
  readonly readsMask: boolean;
  /** Hub id of its tokenizer where the checkpoint does not name it. */
  readonly tokenizer?: string;
  /**
   * `hyperparameters` is what the trainer noted, undefined where there is nothing; `where` is the file.
   * @throws BifocalError when these or the tensors are not the model's.
   */
  open(hyperparameters: unknown, shapeOf: ShapeOf, where: string): OriginalSource<C>;
  /** Without the heads that all layouts share: see `originalHeads`. */
  build(at: Scope, config: C, shapes: Shapes): OriginalModel;
}

/** A layout whose configuration does not matter to the reader. */
export interface Original
  extends Pick<OriginalLayout<unknown>, "className" | "marks" | "readsMask" | "tokenizer"> {
  /** For the tensors of one file; config.json is what `originalConfig` gives. */
  family(shapeOf: ShapeOf): Family;
}

/** See `Original`. */
export function original<C extends { readonly text: { readonly vocab: number } }>(
  layout: OriginalLayout<C>,
): Original {
  const { className, marks, readsMask, tokenizer } = layout;
  return {
    className,
    marks,
    readsMask,
    ...(tokenizer !== undefined && { tokenizer }),
    family: (shapeOf) => ({
      prefix: "",
      classes: { [className]: (config, where) => publishedModel(layout, config, shapeOf, where) },
    }),
  };
}

/** config.json of an original: the trainer's notes under the keys they have in its checkpoints. */
export function originalConfig(modelType: string, hyperparameters: unknown): Record<string, unknown> {
  const notes = hyperparameters === undefined ? {} : { hyper_parameters: { config: hyperparameters } };
  return { model_type: modelType, ...notes };
}

const schema = z.object({ hyper_parameters: z.object({ config: z.unknown() }).nullish() });

/** What `originalConfig` was given. @throws BifocalError when `config` is another one's. */
export function hyperparametersIn(config: unknown, where: string): unknown {
  return readConfig(schema, config, where).hyper_parameters?.config;
}

function publishedModel<C extends { readonly text: { readonly vocab: number } }>(
  layout: OriginalLayout<C>,
  file: unknown,
  shapeOf: ShapeOf,
  where: string,
): PublishedModel {
  const { config, rules } = layout.open(hyperparametersIn(file, where), shapeOf, where);
  const shapes = shapesIn(shapeOf, where);
  // Statements about two pictures: the file is for pairs of them.
  const isPair = shapeOf("nlvr2_classifier.0.weight") !== undefined;
  const pair = isPair ? "2 " : "";
  return {
    inputs: {
      pixel_values: { dtype: "f32", axes: `B ${pair}3 Y X` },
      ...(layout.readsMask && {
        pixel_mask: { dtype: "i32", axes: `B ${pair}Y X`, optional: true, isFixed: true },
      }),
      input_ids: { dtype: "i32", axes: "B T", rows: config.text.vocab },
      attention_mask: { dtype: "i32", axes: "B T", optional: true },
    },
    rules: rules(config),
    build: (at) => {
      const model = layout.build(at, config, shapes);
      const heads = originalHeads(at, shapes);
      const read = (pixels: Tensor, mask: Tensor | undefined, text: TextState, picture: number) => {
        const image = model.encodeImage(pixels, mask);
        return { image, fused: model.fuse(image, text, picture) };
      };
      return ({ pixel_values, pixel_mask, input_ids, attention_mask }) => {
        const keep = attention_mask?.equal(0).not() ?? full(1, "bool", input_ids!.shape);
        const text = model.encodeText({ ids: input_ids!, keep });
        const picture = (i: number) =>
          isPair
            ? read(pictureOf(pixel_values!, i), pixel_mask && pictureOf(pixel_mask, i), text, i)
            : read(pixel_values!, pixel_mask, text, i);
        const { image, fused } = picture(0);
        const second = isPair ? picture(1).fused : undefined;
        return {
          text_features: fused.words,
          image_features: fused.patches,
          pooler_output: fused.pooled,
          ...heads.ofOne(fused),
          ...model.embed?.(image, text),
          ...(second && {
            "second.text_features": second.words,
            "second.image_features": second.patches,
            "second.pooler_output": second.pooled,
            ...heads.ofTwo(fused, second),
          }),
        };
      };
    },
  };
}
