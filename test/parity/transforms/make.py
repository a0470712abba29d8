"""
Makes the goldens of ../transforms.test.ts: what Pillow, and OpenCV where VLMo calls it, make of a small picture.
    pip install pillow opencv-python-headless numpy safetensors
    python test/parity/transforms/make.py
"""

from pathlib import Path

import cv2
import numpy as np
import PIL
from PIL import Image, ImageEnhance, ImageOps
from safetensors.numpy import save_file

height, width = 29, 37
rng = np.random.default_rng(0)
y, x = np.mgrid[:height, :width]
waves = np.stack([120 + 90 * np.sin(x / 5 + y / 9), 130 + 70 * np.cos(y / 4), 90 + 60 * np.sin((x + y) / 7)], 2)
noisy = np.clip(waves + rng.integers(-40, 40, waves.shape), 0, 255).astype(np.uint8)
pictures = {
    "noisy": noisy,
    "dull": (60 + noisy // 3).astype(np.uint8),
    "plain": np.full((height, width, 3), (7, 131, 255), np.uint8),
}
tensors = {name: picture for name, picture in pictures.items()}
nearest = Image.Transform.AFFINE


def add(picture, operation, share, sign, result):
    tensors[f"{picture}:{operation}:{share}:{sign}"] = np.ascontiguousarray(np.array(result))


# vilt/transforms/randaug.py, operation by operation.
for name in ["noisy", "dull", "plain"]:
    image = Image.fromarray(pictures[name])
    add(name, "pillow.autoContrast", 0.3, 1, ImageOps.autocontrast(image))
    add(name, "pillow.equalize", 0.3, 1, ImageOps.equalize(image))
    if name == "plain":
        continue
    for share in [0.1, 0.3, 0.75]:
        factor = 0.1 + 1.8 * share
        add(name, "pillow.posterize", share, 1, ImageOps.posterize(image, max(1, int(4 * share))))
        add(name, "pillow.solarize", share, 1, ImageOps.solarize(image, 256 * share))
        added = np.clip(np.array(image).astype(int) + 110 * share, 0, 255).astype(np.uint8)
        add(name, "pillow.solarizeAdd", share, 1, ImageOps.solarize(Image.fromarray(added), 128))
        add(name, "pillow.saturation", share, 1, ImageEnhance.Color(image).enhance(factor))
        add(name, "pillow.contrast", share, 1, ImageEnhance.Contrast(image).enhance(factor))
        add(name, "pillow.brightness", share, 1, ImageEnhance.Brightness(image).enhance(factor))
        add(name, "pillow.sharpness", share, 1, ImageEnhance.Sharpness(image).enhance(factor))

image, picture = Image.fromarray(noisy), noisy
for share, sign in [(0.1, 1), (0.3, -1), (0.3, 1)]:
    v = 0.3 * share * sign
    add("noisy", "pillow.shearX", share, sign, image.transform(image.size, nearest, (1, v, 0, 0, 1, 0)))
    add("noisy", "pillow.shearY", share, sign, image.transform(image.size, nearest, (1, 0, 0, v, 1, 0)))
    moved = 100 * share * sign * 0.37
    add("noisy", "pillow.translateX", share, sign, image.transform(image.size, nearest, (1, 0, moved, 0, 1, 0)))
    add("noisy", "pillow.translateY", share, sign, image.transform(image.size, nearest, (1, 0, 0, 0, 1, moved)))
    add("noisy", "pillow.rotate", share, sign, image.rotate(30 * share * sign))

# vlmo/transforms/randaugment.py: `warpAffine` takes the way forward, so that signs turn around.
for share, sign in [(0.7, 1), (0.7, -1), (0.25, 1)]:

    def warp(matrix):
        return cv2.warpAffine(picture, np.float32(matrix), (width, height), borderValue=(128, 128, 128), flags=cv2.INTER_LINEAR)

    v, moved = 0.3 * share * sign, 10 * share * sign
    add("noisy", "opencv.shearX", share, sign, warp([[1, -v, 0], [0, 1, 0]]))
    add("noisy", "opencv.shearY", share, sign, warp([[1, 0, 0], [-v, 1, 0]]))
    add("noisy", "opencv.translateX", share, sign, warp([[1, 0, -moved], [0, 1, 0]]))
    add("noisy", "opencv.translateY", share, sign, warp([[1, 0, 0], [0, 1, -moved]]))
    add("noisy", "opencv.rotate", share, sign, warp(cv2.getRotationMatrix2D((width / 2, height / 2), 30 * share * sign, 1)))

versions = {"PIL": PIL.__version__, "cv2": cv2.__version__, "numpy": np.__version__}
save_file(tensors, Path(__file__).parent / "operations.safetensors", versions)
