"""What the scripts for METER's and BridgeTower's own code share: their modules without their training framework.

Both need transformers 4.30, the last line whose text towers and masks work as their code expects.
"""
import importlib
import pathlib
import sys
import types

import torch
import transformers.file_utils
from safetensors.torch import save_file
from torch import nn

from golden import VERSIONS

FOLDER = pathlib.Path(__file__).parent / "original"


class Module(nn.Module):
    """Stands for a LightningModule."""

    device = torch.device("cpu")

    def save_hyperparameters(self):
        self.hparams = types.SimpleNamespace(config=Module.config)


class PatchEmbed(nn.Module):
    """As in timm 0.4.12."""

    def __init__(self, img_size, patch_size, in_chans, embed_dim, norm_layer):
        super().__init__()
        self.grid_size = (img_size // patch_size, img_size // patch_size)
        self.num_patches = self.grid_size[0] * self.grid_size[1]
        self.proj = nn.Conv2d(in_chans, embed_dim, patch_size, patch_size)
        self.norm = norm_layer(embed_dim)

    def forward(self, x):
        return self.norm(self.proj(x).flatten(2).transpose(1, 2))


class Mlp(nn.Module):
    """As in timm 0.4.12."""

    def __init__(self, in_features, hidden_features, act_layer, drop):
        super().__init__()
        self.fc1 = nn.Linear(in_features, hidden_features)
        self.fc2 = nn.Linear(hidden_features, in_features)
        self.act = act_layer()

    def forward(self, x):
        return self.fc2(self.act(self.fc1(x)))


used = {"LightningModule": Module, "PatchEmbed": PatchEmbed, "Mlp": Mlp, "DropPath": nn.Identity, "to_2tuple": lambda x: (x, x),
        "trunc_normal_": nn.init.trunc_normal_, "register_model": lambda function: function}


class Anything(types.ModuleType):
    """Stands for packages whose parts are imported and, but for `used`, not needed."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return used.get(name, lambda *arguments, **options: None)


def load(root, package, left_out=()):
    """Modules of the repository at `root` by name: load("METER", "meter")("meter_module"), without those in `left_out`."""
    transformers.file_utils.add_code_sample_docstrings = lambda *arguments, **options: lambda function: function
    for name in ("timm", "timm.data", "timm.models", "timm.models.helpers", "timm.models.layers", "timm.models.registry",
                 "timm.models.vision_transformer", "timm.models.features", "timm.models.hub", "timm.models.resnet",
                 "timm.models.resnetv2", "pytorch_lightning", "einops", f"{package}.gadgets",
                 f"{package}.gadgets.my_metrics", f"{package}.modules.meter_utils", f"{package}.modules.dist_utils",
                 *(f"{package}.modules.{name}" for name in left_out)):
        sys.modules[name] = Anything(name)
    for name, path in ((package, package), (f"{package}.modules", f"{package}/modules")):
        stub = types.ModuleType(name)
        stub.__path__ = [str(pathlib.Path(root) / path)]
        sys.modules[name] = stub
    return lambda name: importlib.import_module(f"{package}.modules.{name}")


def save(name, model, config, inputs, outputs, repository, extra):
    """Writes original/<name>: a checkpoint as Lightning leaves it, stored in f16, inputs and outputs."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    note = {"made by": f"{repository}, transformers {VERSIONS['transformers']}, torch {VERSIONS['torch']}", "seed": "1"}
    state = {key: value.half() if value.is_floating_point() else value for key, value in model.state_dict().items()}
    torch.save({"epoch": 9, "global_step": 100000, "state_dict": {**state, **extra}, "hyper_parameters": {"config": config}},
               folder / "model.ckpt")
    save_file({key: value.contiguous().clone() for key, value in inputs.items()}, folder / "inputs.safetensors", note)
    save_file({key: value.detach().contiguous().clone() for key, value in outputs.items()}, folder / "outputs.safetensors", note)
    print(name, {path.name: path.stat().st_size for path in folder.iterdir()}, {key: tuple(value.shape) for key, value in outputs.items()})
