import { assert, fail } from "../core/errors.ts";
import { imageProcessorType } from "./image-processor-classes.ts";
import { codebookConfig, type ImageProcessorConfig, imageProcessorConfig } from "./image-processor-config.ts";
import { sizeAfterResize } from "./image-processor-size.ts";
import { resample } from "./resample.ts";
import { centreCrop, type RgbImage } from "./rgb-image.ts";

/**
 * Pictures to pixels as the image processors of transformers 5 do by default: that is with torchvision, whether the
 * file says "Fast" or not. Its resizing of u8 tensors is not Pillow's: up to 2 levels apart where a picture shrinks in
 * both directions, up to 16 where it shrinks only in height (Pillow 13 then takes another order), so torchvision's
 * arithmetic is followed, to the bit.
 */
export interface ImageProcessor {
  readonly config: ImageProcessorConfig;
  /** @throws BifocalError "data" when the resized picture has no pixels. */
  process(image: RgbImage): ImagePixels;
  /** Any number of pictures from one on. @throws BifocalError "data" when sizes differ and the processor does not pad. */
  batch(images: readonly RgbImage[]): ImageBatch;
  /** FLAVA's second processor, for the pixels that its image codebook reads. */
  readonly codebook?: ImageProcessor;
}

/** f32[3, height, width] */
export interface ImagePixels {
  readonly pixels: Float32Array;
  readonly height: number;
  readonly width: number;
}

/** `pixelValues` is f32[B, 3, height, width]; `pixelMask`, i32[B, height, width], is 1 on pixels and 0 on padding. */
export interface ImageBatch {
  readonly pixelValues: Float32Array;
  readonly pixelMask?: Int32Array;
  readonly height: number;
  readonly width: number;
}

/**
 * The image processor of a preprocessor_config.json, or of a processor_config.json that holds one. `where` names the
 * file in messages.
 * @throws BifocalError "checkpoint" when it holds none, of a class we do not know, or with values the class cannot have.
 */
export function readImageProcessor(json: unknown, where = "preprocessor_config.json"): ImageProcessor {
  const fields = record(json);
  const own = record(fields?.image_processor) ?? fields;
  if (own === undefined) return fail("checkpoint", where, { expected: "a JSON object" });
  const type = imageProcessorType(own, where);
  const processor = imageProcessor(imageProcessorConfig(own, type, where));
  return type === "Flava"
    ? { ...processor, codebook: imageProcessor(codebookConfig(own, where)) }
    : processor;
}

function record(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
}

/** The processor that does the given steps. */
export function imageProcessor(config: ImageProcessorConfig): ImageProcessor {
  const tables = levelTables(config);
  const process = (image: RgbImage): ImagePixels => {
    const resized = config.resize === undefined ? image : resizeFor(image, config.resize);
    const { data, height, width } =
      config.crop === undefined ? resized : centreCrop(resized, config.crop.height, config.crop.width);
    const area = height * width;
    const pixels = new Float32Array(3 * area);
    for (const [channel, table] of tables.entries()) {
      const plane = pixels.subarray(channel * area, (channel + 1) * area);
      for (let i = 0; i < area; i++) plane[i] = table[data[3 * i + channel]!]!;
    }
    return { pixels, height, width };
  };
  return { config, process, batch: (images) => stack(images.map(process), config.pad) };
}

function resizeFor(image: RgbImage, { size, filter }: NonNullable<ImageProcessorConfig["resize"]>): RgbImage {
  const [height, width] = sizeAfterResize(size, image.height, image.width);
  if (height === 0 || width === 0) {
    fail("data", `a picture of ${image.width} x ${image.height}`, {
      expected: "sides whose ratio leaves pixels after resizing",
      got: `${width} x ${height}`,
      todo: "leave the picture out",
    });
  }
  return resample(image, height, width, filter);
}

/** For each channel what the 256 levels become, in the order and the f32 roundings of torchvision. */
function levelTables({ rescale, normalize, squeeze }: ImageProcessorConfig): Float32Array[] {
  const f32 = Math.fround;
  return [0, 1, 2].map((channel) =>
    Float32Array.from({ length: 256 }, (_, level) => {
      let value = level;
      if (normalize === undefined) {
        if (rescale !== undefined) value = f32(value * f32(rescale));
      } else {
        // Rescaling is folded into mean and standard deviation.
        const factor = f32(rescale === undefined ? 1 : 1 / rescale);
        const mean = f32(f32(normalize.mean[channel]!) * factor);
        const std = f32(f32(normalize.std[channel]!) * factor);
        value = f32(f32(value - mean) / std);
      }
      return squeeze ? f32(value * f32(0.8)) + f32(0.1) : value;
    }),
  );
}

function stack(images: readonly ImagePixels[], pad: boolean): ImageBatch {
  assert(images.length > 0, "a batch of no pictures");
  const height = Math.max(...images.map((image) => image.height));
  const width = Math.max(...images.map((image) => image.width));
  const different = images.find((image) => image.height !== height || image.width !== width);
  if (!pad && different !== undefined) {
    fail("data", "a batch of pictures", {
      expected: `all ${width} x ${height}`,
      got: `one of ${different.width} x ${different.height}`,
      todo: "take pictures of one size, or a processor that crops or pads",
    });
  }
  const pixelValues = new Float32Array(images.length * 3 * height * width);
  const pixelMask = new Int32Array(pad ? images.length * height * width : 0);
  for (const [b, image] of images.entries()) {
    for (let line = 0; line < 3 * image.height; line++) {
      const row = image.pixels.subarray(line * image.width, (line + 1) * image.width);
      const [channel, y] = [Math.floor(line / image.height), line % image.height];
      pixelValues.set(row, ((b * 3 + channel) * height + y) * width);
    }
    for (let y = 0; pad && y < image.height; y++) {
      const start = (b * height + y) * width;
      pixelMask.fill(1, start, start + image.width);
    }
  }
  return { pixelValues, height, width, ...(pad && { pixelMask }) };
}
