"""METER's own Swin at a small size, at the picture size of its weights and, with resized tables, at another.

    git clone https://github.com/zdou0830/METER && git -C METER checkout f4f0934
    python test/parity/make_original_meter_swin.py METER
"""
import importlib
import importlib.machinery
import pathlib
import sys
import types

import torch
from torch import nn
from safetensors.torch import save_file

from golden import pictures, randomise

FOLDER = pathlib.Path(__file__).parent / "original" / "meter-swin"


class PatchEmbed(nn.Module):
    """What METER takes from timm 0.4.12."""

    def __init__(self, img_size, patch_size, in_chans, embed_dim, norm_layer):
        super().__init__()
        self.grid_size = (img_size // patch_size, img_size // patch_size)
        self.num_patches = self.grid_size[0] * self.grid_size[1]
        self.proj = nn.Conv2d(in_chans, embed_dim, patch_size, patch_size)
        self.norm = norm_layer(embed_dim)

    def forward(self, x):
        return self.norm(self.proj(x).flatten(2).transpose(1, 2))


class Mlp(nn.Module):
    def __init__(self, in_features, hidden_features, act_layer, drop):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden_features)
        self.fc2 = nn.Linear(hidden_features, in_features)
        self.act = act_layer()

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


class Anything(types.ModuleType):
    """Stands for the parts of timm that are imported and not used here."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return used.get(name, lambda *arguments, **options: None)


used = {"PatchEmbed": PatchEmbed, "Mlp": Mlp, "DropPath": nn.Identity, "to_2tuple": lambda x: (x, x),
        "trunc_normal_": nn.init.trunc_normal_, "register_model": lambda function: function}
for name in ("", ".data", ".models", ".models.helpers", ".models.layers", ".models.registry", ".models.vision_transformer",
             ".models.features", ".models.hub"):
    sys.modules["timm" + name] = Anything("timm" + name)
for name, path in (("meter", "meter"), ("meter.modules", "meter/modules")):
    package = types.ModuleType(name)
    package.__path__ = [str(pathlib.Path(sys.argv[1]) / path)]
    sys.modules[name] = package
swin = importlib.import_module("meter.modules.swin_transformer")
helpers = importlib.import_module("meter.modules.swin_helpers")

# METER's windows are a 32nd of the picture's side: 2 and 3.
sizes = dict(patch_size=4, embed_dim=6, depths=(2, 1, 2), num_heads=(1, 2, 3), drop_path_rate=0)
model = swin.SwinTransformer(img_size=64, **sizes)
randomise(model, 1)
model.eval()
larger = swin.SwinTransformer(img_size=96, **sizes)
larger.eval()
state = {key: value.contiguous().clone() for key, value in model.state_dict().items()}
missing, unexpected = larger.load_state_dict(helpers.swin_adapt_position_encoding(model.state_dict(), before=64, after=96), strict=False)
assert not unexpected and all(key.endswith(("attn_mask", "relative_position_index")) for key in missing)

FOLDER.mkdir(parents=True, exist_ok=True)
note = {"made by": f"METER f4f0934, torch {torch.__version__.split('+')[0]}", "seed": "1"}
inputs = {"small": pictures(1, 2, 3, 64, 64), "large": pictures(2, 1, 3, 96, 96)}
with torch.no_grad():
    outputs = {"small": model(inputs["small"]), "large": larger(inputs["large"])}
save_file({f"vit_model.{key}": value for key, value in state.items()}, FOLDER / "model.safetensors", note)
save_file(inputs, FOLDER / "inputs.safetensors", note)
save_file(outputs, FOLDER / "outputs.safetensors", note)
print({path.name: path.stat().st_size for path in FOLDER.iterdir()})
