import { decodeRgb } from "../data/decode.ts";
import { squareImage } from "../data/image.ts";
import { resample } from "../data/resample.ts";
import type { RgbImage } from "../data/rgb-image.ts";
import { pictureFile } from "../datasets/dataset-folder.ts";
import { encodePng } from "../files/png.ts";
import type { Explanation } from "./explain.ts";
import type { OpenedRun } from "./open-run.ts";
import type { Prediction } from "./predict.ts";
import { renderReport } from "./report/report.ts";

/** Longer side of the pictures on the page, in pixels; what the model saw is the same with fewer. */
const shownSide = 480;

const readBy = {
  transport:
    "Each word is laid onto the picture at least cost, as word-patch alignment was trained to: the map shows how much of the word each patch takes.",
  attention:
    "The map of a word is its attention over the picture in the last fusion layer, mean of all heads.",
};

/** One self-contained HTML file of explanations, each beside the prediction for the same picture and text. */
export async function explanationPage(
  { config, sizes, checkpoint }: OpenedRun,
  explanations: readonly Explanation[],
  predictions: readonly Prediction[],
): Promise<string> {
  const keepsShape = sizes.canvas !== undefined;
  const texts = explanations.map(async ({ image, text, masks, words, grid }, i) => {
    const { data, height, width } = keepsShape ? await shaped(image, grid) : await squared(image);
    return {
      image: encodePng(data, { width, height }),
      text,
      said: linesOf(predictions[i]!),
      masks,
      places: {
        words: words.map(({ word }) => word),
        grid,
        weights: words.map(({ weights }) => weights),
      },
    };
  });
  return renderReport({
    title: `What ${config.name} makes of pictures and texts`,
    subtitle: "Words filled in, and the places in the picture that words belong to.",
    facts: [
      { label: "run", value: config.name },
      { label: "checkpoint", value: checkpoint },
      { label: "model", value: config.model.kind },
      {
        label: "pixels the model sees",
        value: `${config.model.image.imageSize} ${keepsShape ? "on the shorter side" : "a side"}`,
      },
    ],
    sections: [
      {
        heading: "Pictures and texts",
        text: `${explanations[0] === undefined ? "" : readBy[explanations[0].by]} A masked word that the model is surer of is filled before the others.`,
        body: { kind: "explanations", texts: await Promise.all(texts) },
      },
    ],
  });
}

async function squared(path: string): Promise<RgbImage> {
  return {
    data: await squareImage(await pictureFile(path).read(), path, shownSide),
    height: shownSide,
    width: shownSide,
  };
}

/** The whole picture in the proportions of its patches, as a model sees pictures that keep their shape. */
async function shaped(path: string, { rows, columns }: Explanation["grid"]): Promise<RgbImage> {
  const scale = shownSide / Math.max(rows, columns);
  const picture = await decodeRgb(await pictureFile(path).read(), path);
  return resample(picture, Math.round(rows * scale), Math.round(columns * scale), "bicubic");
}

/** A prediction in words: answers or scores, likeliest first. */
export function linesOf({ answers, match, similarity }: Prediction): string[] {
  return [
    ...(answers ?? []).map(
      ({ answer, probability }) => `${(100 * probability).toFixed(1).padStart(5)} %  ${answer}`,
    ),
    ...(match === undefined ? [] : [`match ${(100 * match).toFixed(1)} %`]),
    ...(similarity === undefined ? [] : [`similarity ${similarity.toFixed(3)}`]),
  ];
}
