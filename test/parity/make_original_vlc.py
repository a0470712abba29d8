"""VLC's own code at a small size: pretraining with removed patches, and a model that it loads from the same weights for
fine-tuning with larger pictures.

    git clone https://github.com/guilk/VLC && git -C VLC checkout ab05438
    python test/parity/make_original_vlc.py VLC
"""
import functools
import importlib
import pathlib
import sys
import tempfile
import types

import numpy
import torch
from torch import nn
from safetensors.torch import save_file
from transformers.models.bert import modeling_bert

from golden import lengths, pictures, randomise, texts

FOLDER = pathlib.Path(__file__).parent / "original" / "vlc"
FEATURES = ("text_feats", "image_feats", "cls_feats", "raw_cls_feats", "mae_mask", "mae_ids_restore", "mae_pred", "mae_imgs")


class Module(nn.Module):
    """Stands for a LightningModule."""

    def save_hyperparameters(self):
        self.hparams = types.SimpleNamespace(config=sys._getframe(1).f_locals["config"])


class Anything(types.ModuleType):
    """Stands for packages whose parts are imported and not needed here."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return used.get(name, lambda *arguments, **options: None)


used = {"LightningModule": Module, "DropPath": nn.Identity, "to_2tuple": lambda x: (x, x)}
numpy.float = float
for name in ("timm", "timm.models", "timm.models.layers", "pytorch_lightning", "einops", "transformers.optimization",
             "vlc.gadgets", "vlc.gadgets.my_metrics", "vlc.modules.vlc_utils"):
    sys.modules[name] = Anything(name)
for name, path in (("vlc", "vlc"), ("vlc.modules", "vlc/modules")):
    package = types.ModuleType(name)
    package.__path__ = [str(pathlib.Path(sys.argv[1]) / path)]
    sys.modules[name] = package
sys.modules["vlc.modules"].vlc_utils = sys.modules["vlc.modules.vlc_utils"]
transformer = importlib.import_module("vlc.modules.mae_transformer")
module = importlib.import_module("vlc.modules.vlc_module")
objectives = importlib.import_module("vlc.modules.objectives")
transformer.small = functools.partial(
    transformer.MaskedAutoencoderViT, patch_size=4, embed_dim=24, depth=3, num_heads=3, decoder_embed_dim=20, decoder_depth=2,
    decoder_num_heads=5, mlp_ratio=2, norm_layer=functools.partial(nn.LayerNorm, eps=1e-6))

losses = {"mlm": 1, "itm": 1, "vqa": 0, "nlvr2": 0, "irtr": 0}
config = {"vocab_size": 37, "hidden_size": 24, "num_layers": 3, "num_heads": 3, "mlp_ratio": 2, "max_text_len": 6, "drop_rate": 0.1,
          "is_pretrain": True, "mask_ratio": 0.6, "pretrain_path": "", "vit": "small", "image_size": 16, "loss_names": losses,
          "load_path": "", "test_only": False, "vqav2_label_size": 11}
note = {"made by": f"VLC ab05438, torch {torch.__version__.split('+')[0]}", "seed": "1"}


def batch(seed, side, kept):
    ids = texts(seed, len(kept), 6, config["vocab_size"])
    return {"image": [pictures(seed, len(kept), 3, side, side)], "text_ids": ids, "text_masks": lengths(len(kept), 6, kept),
            "text_labels": ids}


def write(name, batch, model, outputs, **more):
    found = {key: value.to(torch.float32) for key, value in outputs.items() if key in FEATURES and value is not None}
    found["mlm_logits"] = model.mlm_score(outputs["text_feats"])
    found["itm_logits"] = model.itm_score(outputs["cls_feats"])
    if config["loss_names"]["vqa"] > 0:
        found["vqa_logits"] = model.vqa_classifier(outputs["cls_feats"])
    else:
        found["mae_loss"] = objectives.compute_mae(outputs["mae_imgs"], outputs["mae_pred"], outputs["mae_mask"]).reshape(1)
        del found["mae_imgs"]
    inputs = {"image": batch["image"][0], "text_ids": batch["text_ids"], "text_masks": batch["text_masks"], **more}
    save_file(inputs, FOLDER / f"{name}inputs.safetensors", note)
    save_file({key: value.detach().contiguous().clone() for key, value in found.items()}, FOLDER / f"{name}outputs.safetensors", note)
    print(name, {path.name: path.stat().st_size for path in FOLDER.iterdir()}, sorted(found))


FOLDER.mkdir(parents=True, exist_ok=True)
model = module.VLCTransformer(config)
randomise(model, 1)
noise = torch.rand(3, 16, generator=torch.Generator().manual_seed(3))
transformer.torch = types.SimpleNamespace(**{**vars(torch), "rand": lambda *shape, device: noise})
given = batch(1, 16, (6, 3, 5))
with torch.no_grad():
    write("", given, model, model.eval().infer(given, use_mae=True), noise=noise)
state = {"state_dict": model.state_dict(), "hyper_parameters": {"config": dict(config)}}
config.update(is_pretrain=False, image_size=24, loss_names={**losses, "vqa": 1})
with tempfile.NamedTemporaryFile() as file:
    torch.save(state, file.name)
    larger = module.VLCTransformer({**config, "load_path": file.name})
randomise(larger.vqa_classifier, 2)
state["state_dict"].update({f"vqa_classifier.{key}": value for key, value in larger.vqa_classifier.state_dict().items()})
torch.save(state, FOLDER / "model.ckpt")
given = batch(2, 24, (4, 6))
with torch.no_grad():
    write("larger-", given, larger, larger.eval().infer(given))
