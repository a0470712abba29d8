import sharp from "sharp";
import { decodeRgb } from "./decode.ts";

/** A picture made small for looking at. */
export interface Thumbnail {
  /** JPEG. */
  readonly bytes: Uint8Array;
  /** Pixels of the stored picture, turned as its EXIF says. */
  readonly width: number;
  readonly height: number;
}

/** Shrinks a picture to sides of at most `side`. @throws BifocalError "data" as `decodeRgb`. */
export async function thumbnail(bytes: Uint8Array, where: string, side: number): Promise<Thumbnail> {
  const { data, width, height } = await decodeRgb(bytes, where);
  const small = await sharp(data, { raw: { width, height, channels: 3 } })
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: 80 })
    .toBuffer();
  return { bytes: small, width, height };
}
