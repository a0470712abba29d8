import { fail } from "../core/errors.ts";

/**
 * The image processor classes of transformers 5 (5.23) and their defaults. Swin, MAE and DINO use ViT, DINOv2 uses Bit,
 * ResNet uses ConvNext.
 */

const clipMean = [0.48145466, 0.4578275, 0.40821073];
const clipStd = [0.26862954, 0.26130258, 0.27577711];
const half = { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] };
const square = (side: number) => ({ height: side, width: side });

const common = {
  do_resize: true,
  do_center_crop: false,
  do_rescale: true,
  do_normalize: true,
  do_pad: false,
  rescale_factor: 1 / 255,
  resample: 3,
  ...half,
};
const clip = { ...common, do_center_crop: true, image_mean: clipMean, image_std: clipStd };
const clipLike = { ...clip, size: { shortest_edge: 224 }, crop_size: square(224) };

/** By class: its fields where a preprocessor_config.json says nothing. */
export const classDefaults = {
  ViT: { ...common, resample: 2, size: square(224) },
  DeiT: { ...common, size: square(256), do_center_crop: true, crop_size: square(224) },
  Beit: { ...common, size: square(224), crop_size: square(224) },
  CLIP: clipLike,
  Bit: clipLike,
  Siglip: { ...common, size: square(224) },
  ConvNext: { ...common, size: { shortest_edge: 384 }, crop_pct: 224 / 256 },
  Vilt: { ...common, size: { shortest_edge: 384 }, size_divisor: 32, do_pad: true },
  BridgeTower: {
    ...clip,
    size: { shortest_edge: 288 },
    crop_size: { shortest_edge: 288 },
    size_divisor: 32,
    do_pad: true,
  },
  Flava: { ...clip, size: square(224), crop_size: square(224) },
};

/** The fields of FLAVA's codebook pixels without "codebook_", where the file says nothing. */
export const codebookDefaults = {
  ...common,
  do_center_crop: true,
  resample: 1,
  size: square(112),
  crop_size: square(112),
  image_mean: [0, 0, 0],
  image_std: [1, 1, 1],
};

/** Image processor classes that can be read, without "ImageProcessor". */
export type ImageProcessorType = keyof typeof classDefaults;

/** The classes to which a single number as the size means the shorter side. */
export const shorterByDefault: readonly ImageProcessorType[] = [
  "CLIP",
  "Bit",
  "Siglip",
  "ConvNext",
  "Vilt",
  "BridgeTower",
];

/** The class that a preprocessor_config.json names. @throws BifocalError "checkpoint" when it names none we know. */
export function imageProcessorType(
  json: Readonly<Record<string, unknown>>,
  where: string,
): ImageProcessorType {
  const name = String(json.image_processor_type ?? json.feature_extractor_type);
  const type = name.replace(/(ImageProcessor|FeatureExtractor)(Fast|Pil)?$/, "");
  if (Object.hasOwn(classDefaults, type)) return type as ImageProcessorType;
  return fail("checkpoint", where, {
    expected: `image_processor_type to be one of ${Object.keys(classDefaults).join(", ")} with ImageProcessor after it`,
    got: name,
  });
}
