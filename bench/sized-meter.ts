import { assert } from "#src/core/errors.ts";
import { meterBase } from "#src/recipes/meter-base.ts";
import { configOf } from "#src/recipes/recipe.ts";
import type { RunConfig } from "#src/train/config.ts";

/** What may differ from METER-base. */
export interface MeterSizes {
  readonly batch: number;
  readonly width: number;
  readonly imageSize: number;
  readonly textLength: number;
}

/** METER-base's pretraining with all its layers, of other sizes. */
export function sizedMeter({ batch, width, imageSize, textLength }: MeterSizes): RunConfig {
  const { model, train, ...rest } = configOf(meterBase);
  assert(model.kind === "meter", "METER-base is another model");
  const sized = <T>(part: T) => ({ ...part, width, hidden: 4 * width });
  return {
    ...rest,
    model: {
      ...model,
      image: { ...sized(model.image), imageSize },
      text: sized(model.text),
      fusion: sized(model.fusion),
    },
    train: { ...train, batch, accumulate: 1, textLength },
  };
}
