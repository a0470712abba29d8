"""BEiT's own code at a small size, as the checkpoints that VLMo starts from have it.

    git clone https://github.com/microsoft/unilm && git -C unilm checkout 768a3c8
    python test/parity/make_original_beit.py unilm/beit
"""
import functools
import importlib
import pathlib
import sys
import types

import torch
from torch import nn
from safetensors.torch import save_file

from golden import pictures, randomise

FOLDER = pathlib.Path(__file__).parent / "original" / "beit"
used = {"to_2tuple": lambda x: (x, x), "drop_path": lambda x, rate, training: x, "trunc_normal_": nn.init.trunc_normal_,
        "register_model": lambda function: function}
for name in ("timm", "timm.models", "timm.models.layers", "timm.models.registry"):
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(used)
sys.path.insert(0, sys.argv[1])
beit = importlib.import_module("modeling_finetune")

model = beit.VisionTransformer(
    img_size=24, patch_size=6, embed_dim=18, depth=2, num_heads=3, mlp_ratio=1.5, num_classes=5, qkv_bias=True, init_values=0.1,
    use_abs_pos_emb=False, use_rel_pos_bias=True, norm_layer=functools.partial(nn.LayerNorm, eps=1e-6))
randomise(model, 1)
model.eval()
FOLDER.mkdir(parents=True, exist_ok=True)
note = {"made by": f"unilm 768a3c8, torch {torch.__version__.split('+')[0]}", "seed": "1"}
torch.save({"model": model.state_dict()}, FOLDER / "model.pth")
image = pictures(1, 2, 3, 24, 24)
with torch.no_grad():
    outputs = {"features": model.forward_features(image), "last": model.get_intermediate_layers(image)[-1]}
save_file({"image": image}, FOLDER / "inputs.safetensors", note)
save_file(outputs, FOLDER / "outputs.safetensors", note)
print({path.name: path.stat().st_size for path in FOLDER.iterdir()})
