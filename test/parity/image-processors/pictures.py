"""Small pictures of every kind that decoding must read as Pillow does, most written byte by byte."""

import io
import struct
import zlib

import numpy as np
from PIL import Image


def scene(height, width, channels):
    """u8[height, width, channels]: gradients, a ripple and a hard edge, so that a wrong turn or rounding shows."""
    y, x = np.mgrid[0:height, 0:width]
    planes = [
        (255 * x / max(1, width - 1)),
        (255 * y / max(1, height - 1)),
        128 + 90 * np.sin(x / 3.0) * np.cos(y / 4.0),
        np.where(x * height > y * width, 230, 20),
    ]
    return np.stack([planes[c % 4] for c in range(channels)], -1).astype(np.uint8)


def png(samples, depth, colour, interlaced=False, chunks=()):
    """A PNG of integer samples[height, width, channels] with any bit depth, colour type and interlacing."""

    def rows(part):
        if part.size == 0:
            return b""
        if depth == 16:
            packed = part.astype(">u2").view(np.uint8).reshape(part.shape[0], -1)
        elif depth == 8:
            packed = part.astype(np.uint8).reshape(part.shape[0], -1)
        else:
            bits = (part.reshape(part.shape[0], -1, 1) >> np.arange(depth - 1, -1, -1)) & 1
            packed = np.packbits(bits.reshape(part.shape[0], -1), axis=1)
        return b"".join(b"\0" + row.tobytes() for row in packed)

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    samples = np.asarray(samples)
    height, width = samples.shape[:2]
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    data = b"".join(rows(samples[y::dy, x::dx]) for y, x, dy, dx in passes) if interlaced else rows(samples)
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, int(interlaced))
    body = [chunk(b"IHDR", header), *(chunk(*c) for c in chunks), chunk(b"IDAT", zlib.compress(data, 9)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def saved(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def pictures():
    """name -> bytes"""
    grey = scene(13, 21, 4)[..., 2:3]
    rgb = scene(13, 21, 3)
    rgba = scene(13, 21, 4)
    la = np.concatenate([grey, rgba[..., 3:]], -1)
    deep = lambda a: a.astype(int) * 257 - (np.arange(a.size).reshape(a.shape) % 251)
    wide = lambda a: np.clip(deep(a), 0, 65535)
    palette = np.random.default_rng(5).integers(0, 256, (16, 3), dtype=np.uint8)
    index = (np.arange(13 * 21).reshape(13, 21, 1) // 5) % 16
    plte = (b"PLTE", palette.tobytes())
    trns = lambda data: (b"tRNS", data)
    files = {
        "grey.png": png(grey, 8, 0),
        "grey1.png": png(grey // 128, 1, 0),
        "grey2.png": png(grey // 64, 2, 0),
        "grey4.png": png(grey // 16, 4, 0, interlaced=True),
        "grey16.png": png(wide(grey), 16, 0),
        "grey16-dark.png": png(wide(grey) // 200, 16, 0),
        "grey-key.png": png(grey, 8, 0, chunks=[trns(struct.pack(">H", 128))]),
        "la.png": png(la, 8, 4),
        "la16.png": png(wide(la), 16, 4),
        "palette.png": png(index, 4, 3, chunks=[plte]),
        "palette8.png": png(index, 8, 3, interlaced=True, chunks=[plte]),
        "palette-clear.png": png(index, 4, 3, chunks=[plte, trns(bytes(range(0, 256, 20)))]),
        "rgb.png": png(rgb, 8, 2, interlaced=True),
        "rgb-key.png": png(rgb, 8, 2, chunks=[trns(struct.pack(">HHH", *map(int, rgb[3, 4])))]),
        "rgb16.png": png(wide(rgb), 16, 2),
        "rgba.png": png(rgba, 8, 6),
        "rgba16.png": png(wide(rgba), 16, 6, interlaced=True),
        "gamma.png": png(rgb, 8, 2, chunks=[(b"gAMA", struct.pack(">I", 100000))]),
        "one.png": png(rgb[5:6, 7:8], 8, 2),
        "one-row.png": png(scene(1, 7, 3), 8, 2),
    }
    jpeg = Image.fromarray(scene(37, 53, 3))
    cmyk = saved(Image.fromarray(scene(37, 53, 4), "CMYK"), "JPEG", quality=85)
    files |= {
        "rgb.jpg": saved(jpeg, "JPEG", quality=80),
        "full.jpg": saved(jpeg, "JPEG", quality=97, subsampling=0),
        "progressive.jpg": saved(jpeg, "JPEG", quality=70, progressive=True),
        "grey.jpg": saved(jpeg.convert("L"), "JPEG"),
        "cmyk.jpg": cmyk,
        "ycck.jpg": with_transform(cmyk, 2),
        "cmyk-bare.jpg": without_adobe(cmyk),
        "profile.jpg": saved(jpeg, "JPEG", icc_profile=swapped_profile()),
    }
    small = Image.fromarray(scene(16, 24, 3))
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        files[f"turned{orientation}.jpg"] = saved(small, "JPEG", exif=exif)
    exif = Image.Exif()
    exif[0x0112] = 6
    files |= {
        "turned.png": saved(small, "PNG", exif=exif),
        "turned.webp": saved(small, "WEBP", exif=exif, lossless=True),
        "turned.tif": saved(small, "TIFF", exif=exif),
        "rgb.webp": saved(jpeg, "WEBP", quality=80),
        "rgba.webp": saved(Image.fromarray(rgba), "WEBP", lossless=True, exact=True),
        "rgba-lossy.webp": saved(Image.fromarray(scene(37, 53, 4)), "WEBP", quality=80),
        "rgb.gif": saved(Image.fromarray(rgb).quantize(16), "GIF"),
        "grey.gif": saved(Image.fromarray(grey[..., 0]), "GIF"),
        "inset.gif": inset(saved(Image.fromarray(rgb).quantize(16), "GIF")),
        "clear.gif": saved(Image.fromarray(rgb).quantize(16), "GIF", transparency=3),
        "clear-inset.gif": inset(saved(Image.fromarray(rgb).quantize(16), "GIF", transparency=3)),
        "frames.gif": saved(
            Image.fromarray(rgb).quantize(16), "GIF", save_all=True, append_images=[Image.fromarray(255 - rgb).quantize(16)]
        ),
        "rgb.tif": saved(Image.fromarray(rgb), "TIFF", compression="tiff_lzw"),
        "rgba.tif": saved(Image.fromarray(rgba), "TIFF"),
        "cmyk.tif": saved(Image.fromarray(rgba, "CMYK"), "TIFF"),
        "palette.tif": saved(Image.fromarray(rgb).quantize(16), "TIFF"),
        "grey.tif": saved(Image.fromarray(grey[..., 0]), "TIFF"),
        "grey16.tif": saved(Image.fromarray(wide(grey)[..., 0].astype(np.uint16)), "TIFF"),
        "one-bit.tif": saved(Image.fromarray(grey[..., 0]).convert("1"), "TIFF"),
    }
    return files


def inset(gif):
    """The same frame on a canvas that is wider by 6 and taller by 5, two from the left, one from the top."""
    width, height = struct.unpack("<HH", gif[6:10])
    at = gif.index(struct.pack("<BHHHH", 0x2C, 0, 0, width, height))
    frame = struct.pack("<BHH", 0x2C, 2, 1)
    return gif[:6] + struct.pack("<HH", width + 6, height + 5) + gif[10:at] + frame + gif[at + 5 :]


def with_transform(jpeg, transform):
    """The same data said to be of another colour transform in the Adobe segment: 2 is YCCK."""
    at = jpeg.index(b"Adobe")
    return jpeg[: at + 11] + bytes([transform]) + jpeg[at + 12 :]


def without_adobe(jpeg):
    at = jpeg.index(b"Adobe") - 4
    return jpeg[:at] + jpeg[at + 16 :]


def swapped_profile():
    """An sRGB profile whose red and blue primaries are exchanged: whoever honours it sees other colours."""
    from PIL import ImageCms

    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return data.replace(b"rXYZ", b"tmpX").replace(b"bXYZ", b"rXYZ").replace(b"tmpX", b"bXYZ")

