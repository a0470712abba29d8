"""VLMo's own code at two small sizes: relative positions as base and large have them, absolute ones as base_plus.

    git clone https://github.com/microsoft/unilm && git -C unilm checkout 768a3c8
    python test/parity/make_original_vlmo.py unilm/vlmo
"""
import importlib
import os
import pathlib
import sys
import tempfile
import types

import torch
from scipy.interpolate import RectBivariateSpline
from torch import nn
from safetensors.torch import save_file
from transformers.models.bert import modeling_bert

from golden import lengths, pictures, randomise, texts

FOLDER = pathlib.Path(__file__).parent / "original"


class Embeddings(nn.Module):
    """BERT's as in transformers 4.8.1, where positions are not added when they are relative."""

    def __init__(self, config):
        super().__init__()
        self.absolute = config.position_embedding_type == "absolute"
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.register_buffer("position_ids", torch.arange(config.max_position_embeddings).expand((1, -1)))

    def forward(self, ids):
        x = self.word_embeddings(ids) + self.token_type_embeddings(torch.zeros_like(ids))
        if self.absolute:
            x = x + self.position_embeddings(self.position_ids[:, : ids.shape[1]])
        return self.LayerNorm(x)


class Module(nn.Module):
    """Stands for a LightningModule."""

    def save_hyperparameters(self):
        self.hparams = types.SimpleNamespace(config=sys._getframe(1).f_locals["config"])

    def log(self, *arguments):
        pass


def interp2d(x, y, z, kind):
    """scipy's before 1.14."""
    assert kind == "cubic"
    spline = RectBivariateSpline(y, x, z, s=0)
    return lambda across, down: spline(down, across)


class Metric:
    def __call__(self, *arguments):
        return 0


class Anything(types.ModuleType):
    """Stands for packages whose parts are imported and not needed here."""

    __path__ = []

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return used.get(name, lambda *arguments, **options: None)


def create_model(name, **arguments):
    for left_out in ("pretrained", "drop_block_rate"):
        del arguments[left_out]
    return multiway.MultiWayTransformer(**arguments, **sizes, qkv_bias=True)


used = {"LightningModule": Module, "DropPath": nn.Identity, "to_2tuple": lambda x: (x, x), "create_model": create_model,
        "trunc_normal_": nn.init.trunc_normal_, "register_model": lambda function: function,
        "Accuracy": Metric, "Scalar": Metric, "VQAScore": Metric}
modeling_bert.BertEmbeddings = Embeddings
torch.Tensor.get_device = lambda tensor: tensor.device
for name in ("timm", "timm.models", "timm.models.layers", "timm.models.registry", "pytorch_lightning", "einops",
             "pytorch_lightning.utilities", "pytorch_lightning.utilities.distributed", "transformers.optimization",
             "vlmo.gadgets", "vlmo.gadgets.my_metrics", "transformers"):
    if name == "transformers":
        sys.modules[name].optimization = sys.modules["transformers.optimization"]
    else:
        sys.modules[name] = Anything(name)
for name, path in (("vlmo", "vlmo"), ("vlmo.modules", "vlmo/modules")):
    package = types.ModuleType(name)
    package.__path__ = [str(pathlib.Path(sys.argv[1]) / path)]
    sys.modules[name] = package
multiway = importlib.import_module("vlmo.modules.multiway_transformer")
module = importlib.import_module("vlmo.modules.vlmo_module")
objectives = importlib.import_module("vlmo.modules.objectives")
module.interpolate = types.SimpleNamespace(interp2d=interp2d)
os.environ.update(MASTER_ADDR="localhost", MASTER_PORT="29511")
torch.distributed.init_process_group("gloo", rank=0, world_size=1, init_method=f"file://{tempfile.mktemp()}")

config = {"image_size": 24, "model_arch": "", "drop_path_rate": 0.1, "vocab_size": 37, "max_text_len": 7, "max_text_len_of_initckpt": 9,
          "test_only": False, "vqav2_label_size": 11}
losses = dict.fromkeys(("itm", "itc", "mlm", "textmlm", "vqa", "nlvr2", "irtr"), 0)


INDICES = ("relative_position_index", "text_relative_position_index", "text_imag_relative_position_index")
FEATURES = ("text_feats", "image_feats", "cls_feats", "cls_vlffn_feats", "raw_cls_feats")
NOTE = {"made by": f"unilm 768a3c8, torch {torch.__version__.split('+')[0]}", "seed": "1"}


def run(model, batch):
    """What the ways of inference return, and what the heads make of it."""
    found = {}
    with torch.no_grad():
        for way in ("infer", "infer_text", "infer_image", "infer_text_ft", "infer_image_ft"):
            for key, value in getattr(model, way)(batch).items():
                if key in FEATURES and value is not None:
                    found[f"{way}.{key}"] = value
        fused = model.infer(batch)
        found["mlm_logits"] = model.mlm_score(fused["text_feats"])
        found["itm_logits"] = model.itm_score(fused["cls_feats"])
        found["itc_loss"] = objectives.compute_itc(model, batch)["itc_loss"].reshape(1)
        if config["loss_names"]["vqa"] > 0:
            found["vqa_logits"] = model.vqa_classifier(fused["cls_feats"])
        if config["loss_names"]["nlvr2"] > 0:
            second = model.infer({**batch, "image_1": batch["image"]}, image_token_type_idx=2)
            found["second.cls_feats"] = second["cls_feats"]
            found["nlvr2_logits"] = model.nlvr2_classifier(torch.cat([fused["cls_feats"], second["cls_feats"]], 1))
    return found


def write(folder, name, batch, outputs):
    inputs = {"image": batch["image"][0], "text_ids": batch["text_ids"], "text_masks": batch["text_masks"]}
    save_file(inputs, folder / f"{name}inputs.safetensors", NOTE)
    save_file({key: value.contiguous().clone() for key, value in outputs.items()}, folder / f"{name}outputs.safetensors", NOTE)
    print(folder.name, {path.name: path.stat().st_size for path in folder.iterdir()}, sorted(outputs))


def batch(seed, kept):
    ids = texts(seed, len(kept), config["max_text_len"], config["vocab_size"])
    masks = lengths(len(kept), config["max_text_len"], kept)
    side = config["image_size"]
    return {"image": [pictures(seed, len(kept), 3, side, side)], "text_ids": ids, "text_masks": masks, "text_labels": ids}


def golden(name, kept, larger):
    """Writes original/<name>: the state dict as DeepSpeed leaves it, and a batch with all outputs, also of a model that
    the original code loads from this file for larger pictures."""
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    model = module.VLMo({**config, "load_path": ""})
    randomise(model, 1)
    state = {f"module.{key}": value for key, value in model.state_dict().items()}
    # Released files hold these.
    state.update({f"module.{key}": getattr(model, key) for key in INDICES if getattr(model, key) is not None})
    torch.save({"module": state}, folder / "model.pt")
    write(folder, "", batch(1, kept), run(model.eval(), batch(1, kept)))
    size = config["image_size"], config["max_text_len"]
    config["image_size"], config["max_text_len"] = larger
    # What fine-tuning declares or enlarges after it has loaded weights is carried over by hand.
    kinds = "module.token_type_embeddings.weight"
    with tempfile.NamedTemporaryFile() as file:
        torch.save({"module": {**state, kinds: state[kinds][:2]}}, file.name)
        second = module.VLMo({**config, "load_path": file.name})
    late = {key: value for key, value in model.state_dict().items() if "classifier" in key or "token_type" in key}
    second.load_state_dict(late, strict=False)
    write(folder, "larger-", batch(2, kept), run(second.eval(), batch(2, kept)))
    config["image_size"], config["max_text_len"] = size


config["loss_names"] = {**losses, "itm": 1, "itc": 1, "mlm": 1, "vqa": 1}
sizes = dict(patch_size=6, embed_dim=30, depth=3, num_heads=3, mlp_ratio=1.5, vlffn_start_layer_index=2)
golden("vlmo-relative", (7, 4, 5), larger=(36, 7))

config.update(image_size=12, max_text_len=6)
config["loss_names"] = {**losses, "itm": 1, "itc": 1, "mlm": 1, "nlvr2": 1}
sizes = dict(patch_size=4, embed_dim=20, depth=3, num_heads=5, mlp_ratio=2, vlffn_start_layer_index=1, use_abs_pos_emb=True,
             need_relative_position_embed=False, layer_scale_init_values=None)
golden("vlmo-absolute", (6, 3), larger=(20, 4))
