/** The first frame of a GIF within its canvas, for readers that know no transparency. */
export interface GifFrame {
  /** The file with the frame's transparent index made a colour like the others. */
  readonly opaque: Buffer;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** What Pillow shows where the frame does not reach: the transparent colour, else the first of the palette. */
  readonly surround: readonly [number, number, number];
}

/**
 * Finds the first frame of a GIF89a (CompuServe 1990, sections 18 to 23). A libvips reader leaves black where pixels are
 * transparent, Pillow's `convert("RGB")` their palette colour.
 * @returns undefined when there is no frame: the decoder says what is wrong with the file.
 */
export function firstGifFrame(file: Uint8Array): GifFrame | undefined {
  const opaque = Buffer.from(file);
  if (opaque.length < 13) return undefined;
  const globalPalette = 13;
  let at = globalPalette + paletteBytes(opaque[10]!);
  let clear: number | undefined;
  while (opaque[at] === 0x21) {
    const isControl = opaque[at + 1] === 0xf9;
    if (isControl && opaque[at + 3]! & 1) {
      clear = opaque[at + 6];
      opaque[at + 3]! &= ~1;
    }
    at += 2;
    while (opaque[at]! > 0) at += opaque[at]! + 1;
    at++;
  }
  if (opaque[at] !== 0x2c || at + 10 > opaque.length) return undefined;
  const palette = paletteBytes(opaque[at + 9]!) > 0 ? at + 10 : globalPalette;
  const colour = palette + (clear ?? 0) * 3;
  return {
    opaque,
    left: opaque.readUInt16LE(at + 1),
    top: opaque.readUInt16LE(at + 3),
    width: opaque.readUInt16LE(at + 5),
    height: opaque.readUInt16LE(at + 7),
    surround: [opaque[colour] ?? 0, opaque[colour + 1] ?? 0, opaque[colour + 2] ?? 0],
  };
}

/** Bytes of the colour table that a packed field announces. */
function paletteBytes(packed: number): number {
  return packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0;
}
