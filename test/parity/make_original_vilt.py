"""ViLT's own code at a small size: states, heads, and the objectives WPA and MPP, the latter with the vector it lacks.

    git clone https://github.com/dandelin/ViLT && git -C ViLT checkout 762fd39
    python test/parity/make_original_vilt.py ViLT

Drawing gives the first ones, pairs are not shuffled, and the patches to predict are given.
"""
import importlib
import pathlib
import sys
import types

import torch
from safetensors.torch import save_file
from torch import nn

from golden import lengths, pictures, randomise, texts

FOLDER = pathlib.Path(__file__).parent / "original" / "vilt"
VOCAB, WIDTH, PATCH, SIDE = 61, 24, 4, 16


class LightningModule(nn.Module):
    device = "cpu"

    def save_hyperparameters(self):
        self.hparams = types.SimpleNamespace(config=config)

    def log(self, *arguments):
        pass

    def __getattr__(self, name):
        # Counters of losses and accuracies.
        return (lambda *arguments: 0) if name.startswith("val_") else super().__getattr__(name)


class Anything(types.ModuleType):
    """Stands for what is imported and not used here."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return used.get(name, lambda *arguments, **options: None)


used = {"to_2tuple": lambda x: (x, x), "trunc_normal_": nn.init.trunc_normal_, "register_model": lambda function: function,
        "LightningModule": LightningModule}
for name in ("timm", "timm.data", "timm.models", "timm.models.helpers", "timm.models.layers", "timm.models.resnet",
             "timm.models.resnetv2", "timm.models.registry", "einops", "pytorch_lightning", "vilt.modules.vilt_utils"):
    sys.modules[name] = Anything(name)
for name in ("vilt", "vilt.modules"):
    package = types.ModuleType(name)
    package.__path__ = [str(pathlib.Path(sys.argv[1]) / name.replace(".", "/"))]
    sys.modules[name] = package
sys.modules["vilt.modules"].vilt_utils = sys.modules["vilt.modules.vilt_utils"]
vit = importlib.import_module("vilt.modules.vision_transformer")
heads = importlib.import_module("vilt.modules.heads")
objectives = importlib.import_module("vilt.modules.objectives")
sys.modules["vilt.modules"].heads, sys.modules["vilt.modules"].objectives = heads, objectives
original = importlib.import_module("vilt.modules.vilt_module")

vit.small = lambda pretrained, config: vit.VisionTransformer(
    img_size=SIDE, patch_size=PATCH, embed_dim=WIDTH, depth=3, num_heads=3, mlp_ratio=2, config=config)
config = dict(vocab_size=VOCAB, hidden_size=WIDTH, num_layers=3, num_heads=3, mlp_ratio=2, max_text_len=9, drop_rate=0.1,
              load_path="", vit="small", max_image_len=-1, vqav2_label_size=5, test_only=False,
              loss_names=dict(mlm=1, itm=1, mpp=1, vqa=1, nlvr2=1, irtr=1))
model = original.ViLTransformerSS(config)
randomise(model, 1)
model.eval()
state = {key: value.clone() for key, value in model.state_dict().items()}

# Bytes whose sums over a patch are never a multiple of its size: a mean on the edge of a class rounds either way.
B, sizes, canvas = 4, ((16, 20), (12, 20), (16, 8), (8, 16)), (16, 20)
pixels = torch.randint(0, 256, (B, *canvas, 3), generator=torch.Generator().manual_seed(2))
sums = pixels.unflatten(1, (4, 4)).unflatten(3, (5, 4)).sum((2, 4))
pixels[:, ::PATCH, ::PATCH] -= ((sums % 16 == 0) & (pixels[:, ::PATCH, ::PATCH] > 0)).long()
image = (pixels.permute(0, 3, 1, 2) / 255 - 0.5) / 0.5
keep = torch.zeros(B, *canvas, dtype=torch.int32)
for row, (height, width) in enumerate(sizes):
    keep[row, :height, :width] = 1
image = image * keep[:, None]
chosen = torch.rand(B, 20, generator=torch.Generator().manual_seed(3)) < 0.4
hidden = chosen & (torch.rand(B, 20, generator=torch.Generator().manual_seed(4)) < 0.6)
vector = 0.3 * torch.randn(WIDTH, generator=torch.Generator().manual_seed(5))

torch.multinomial = lambda weights, count, replacement=False: torch.arange(int(count)) % len(weights)
torch.randperm = torch.arange
batch = {
    "text": [""] * B,
    "text_ids": texts(1, B, 9, VOCAB),
    "text_masks": lengths(B, 9, [9, 5, 7, 3]),
    "text_labels": torch.full((B, 9), -100),
    "image": [image],
    "false_image_0": [image],
}
with torch.no_grad():
    joined = model.infer(batch)
    second = model.infer(batch, image_token_type_idx=2)
    pooled = joined["cls_feats"]
    matched = objectives.compute_itm_wpa(model, batch)
    outputs = {
        "text_feats": joined["text_feats"],
        "image_feats": joined["image_feats"],
        "cls_feats": pooled,
        "mlm_logits": model.mlm_score(joined["text_feats"]),
        "itm_logits": matched["itm_logits"],
        "itm_wpa_loss": matched["itm_wpa_loss"],
        "vqa_logits": model.vqa_classifier(pooled),
        "nlvr2_logits": model.nlvr2_classifier(torch.cat([pooled, second["cls_feats"]], dim=-1)),
        "rank": model.rank_output(pooled),
    }
    draws = iter([chosen.float(), hidden.float()])
    torch.bernoulli = lambda weights: next(draws)
    model.transformer.mask_token = nn.Parameter(vector)
    outputs["mpp_loss"] = objectives.compute_mpp(model, batch)["mpp_loss"]

FOLDER.mkdir(parents=True, exist_ok=True)
note = {"made by": f"ViLT 762fd39, torch {torch.__version__.split('+')[0]}", "seed": "1"}
inputs = {"ids": batch["text_ids"].int(), "keep": batch["text_masks"].int(), "pixels": image, "imageKeep": keep,
          "image": pixels.to(torch.uint8), "chosen": chosen.int(), "hidden": hidden.int(), "vector": vector}
torch.save({"epoch": 0, "global_step": 1, "state_dict": state, "hyper_parameters": {"config": config}}, FOLDER / "model.ckpt")
save_file({key: value.contiguous() for key, value in inputs.items()}, FOLDER / "inputs.safetensors", note)
save_file({key: value.contiguous().clone() for key, value in outputs.items()}, FOLDER / "outputs.safetensors", note)
print({path.name: path.stat().st_size for path in FOLDER.iterdir()})
