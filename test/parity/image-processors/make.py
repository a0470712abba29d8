"""
Makes the goldens of ../image-processors.test.ts: what Pillow, torchvision and transformers give for small pictures.
    pip install torch torchvision transformers pillow safetensors
    python test/parity/image-processors/make.py
"""

import json
import tempfile
from pathlib import Path

import numpy as np
import PIL
import torch
import torchvision
import transformers
from PIL import Image
from pictures import pictures, scene
from safetensors.numpy import save_file
from torchvision.transforms.v2 import functional as tv
from transformers import AutoImageProcessor
from transformers.image_utils import load_image, pil_torch_interpolation_mapping

torch.set_num_threads(1)
here = Path(__file__).parent
versions = {m.__name__: m.__version__ for m in (PIL, torch, torchvision, transformers)}


def save(name, tensors, **metadata):
    tensors = {key: np.ascontiguousarray(value) for key, value in tensors.items()}
    save_file(tensors, here / f"{name}.safetensors", {**versions, **metadata})


def decoding():
    tensors = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, data in pictures().items():
            path = Path(folder) / name
            path.write_bytes(data)
            tensors[f"{name}:file"] = np.frombuffer(data, np.uint8)
            tensors[f"{name}:rgb"] = np.array(load_image(str(path)))
    save("decode", tensors)


def resampling():
    rng = np.random.default_rng(0)
    filters = ["nearest", "lanczos", "bilinear", "bicubic"]  # torch has no others
    tensors = {}
    # The last: ties of "nearest".
    for height, width, to in [(37, 53, (20, 31)), (7, 9, (23, 14)), (1, 7, (5, 3)), (91, 20, (30, 21)), (30, 20, (20, 15)), (8, 160, (5, 56))]:
        picture = np.clip(scene(height, width, 3) + rng.integers(-40, 40, (height, width, 3)), 0, 255).astype(np.uint8)
        case = f"{height}x{width}"
        tensors[f"{case}:picture"] = picture
        for code, name in enumerate(filters):
            planes = torch.from_numpy(picture).permute(2, 0, 1).contiguous()
            resized = tv.resize(planes, list(to), interpolation=pil_torch_interpolation_mapping[code])
            tensors[f"{case}:{to[0]}x{to[1]}:{name}"] = resized.permute(1, 2, 0).numpy()
    save("resample", tensors)


imagenet = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
configs = {
    "vit": {"image_processor_type": "ViTImageProcessor", "size": {"height": 20, "width": 28}},
    "vit-feature-extractor": {"feature_extractor_type": "ViTFeatureExtractor", "size": 20, "do_normalize": True, "resample": 2, **imagenet},
    "vit-bounded": {"image_processor_type": "ViTImageProcessorFast", "size": {"shortest_edge": 18, "longest_edge": 25}, "do_rescale": None},
    "vit-unscaled": {"image_processor_type": "ViTImageProcessor", "size": [21, 17], "do_rescale": False, "image_mean": 127.5, "image_std": [127.5, 60, 255]},
    "vit-rescaled": {"image_processor_type": "ViTImageProcessor", "size": 19, "do_normalize": False, "rescale_factor": 0.0078, "resample": 0},
    "vit-levels": {"image_processor_type": "ViTImageProcessor", "do_resize": False, "do_normalize": False, "do_rescale": False, "do_center_crop": True, "crop_size": {"height": 12, "width": 40}},
    "deit": {"feature_extractor_type": "DeiTFeatureExtractor", "size": 30, "crop_size": 26, "resample": 3, **imagenet},
    "beit": {"image_processor_type": "BeitImageProcessor", "size": {"height": 22, "width": 22}, "do_reduce_labels": False},
    "clip": {"feature_extractor_type": "CLIPFeatureExtractor", "size": 30, "crop_size": 26, "resample": 3},
    "clip-small": {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 20}, "crop_size": {"height": 27, "width": 18}, "do_convert_rgb": True},
    "siglip": {"image_processor": {"image_processor_type": "SiglipImageProcessor", "size": {"height": 24, "width": 24}}},
    "bit": {"image_processor_type": "BitImageProcessor", "size": {"shortest_edge": 29}, "crop_size": {"height": 25, "width": 25}, **imagenet},
    "convnext": {"feature_extractor_type": "ConvNextFeatureExtractor", "size": 21, "crop_pct": 0.875, "resample": 3, **imagenet},
    "vilt": {"image_processor_type": "ViltImageProcessor", "size": {"shortest_edge": 33}, "size_divisor": 8},
    "vilt-feature-extractor": {"feature_extractor_type": "ViltFeatureExtractor", "size": 24, "size_divisor": None, "do_normalize": None},
    "bridgetower": {"image_processor_type": "BridgeTowerImageProcessor", "size": {"shortest_edge": 26}, "crop_size": {"shortest_edge": 22}, "size_divisor": 4},
    "bridgetower-whole": {"image_processor_type": "BridgeTowerImageProcessor", "size": {"shortest_edge": 30}, "do_center_crop": False, "size_divisor": 7},
    "flava": {"feature_extractor_type": "FlavaFeatureExtractor", "size": 22, "crop_size": 20, "codebook_size": 18, "codebook_crop_size": 16, "resample": 3, "codebook_resample": 1},
}
# The defaults of each class, at their full size: one picture, every 401st value.
for name in ["ViT", "DeiT", "Beit", "CLIP", "Siglip", "Bit", "ConvNext", "Vilt", "BridgeTower", "Flava"]:
    configs[f"defaults-{name}"] = {"image_processor_type": f"{name}ImageProcessor"}
sizes = [(1, 1), (1, 7), (37, 53), (200, 31), (97, 64)]


def processing():
    shots = [scene(height, width, 3) for height, width in sizes]
    tensors = {f"picture:{i}": shot for i, shot in enumerate(shots)}
    for name, config in configs.items():
        with tempfile.TemporaryDirectory() as folder:
            file = "processor_config.json" if "image_processor" in config else "preprocessor_config.json"
            (Path(folder) / file).write_text(json.dumps(config))
            processor = AutoImageProcessor.from_pretrained(folder)
        assert processor.backend == "torchvision", name
        options = {"return_codebook_pixels": True} if "Flava" in type(processor).__name__ else {}
        run = lambda picked: processor([Image.fromarray(shots[i]) for i in picked], return_tensors="pt", **options)
        keep = lambda array: array.reshape(-1)[::401] if name.startswith("defaults-") else array
        padded = "pixel_mask" in processor.model_input_names
        # A picture of one row leaves nothing under a divisor.
        groups = [[4]] if name.startswith("defaults-") else [[0, 2, 3, 4]] if padded else [[i] for i in range(len(shots))]
        for picked in groups:
            for key, value in run(picked).items():
                array = value.numpy().astype(np.uint8) if key == "pixel_mask" else value.numpy().astype(np.float32)
                tensors[f"{name}:{''.join(map(str, picked))}:{key}"] = keep(array)
    save("process", tensors, configs=json.dumps(configs))


decoding()
resampling()
processing()
