"""Renaissance's encoders at a small size: the two-tower model with LXMERT's cross layers, and one-tower models on the
blocks of ELECTRA and of ViT.

    git clone https://github.com/bsu-slim/renaissance && git -C renaissance checkout 39c52de
    pip install transformers==4.46.3 torch
    python test/parity/make_original_renaissance.py renaissance

The code of the repository as it is, but for its defects where they concern padding: the two-tower text encoder is given
its ids and mask, where the original embeds the ids twice and gives no mask; the blocks of the one-tower model on
ELECTRA are given the mask that the original makes and drops.
"""
import importlib
import json
import pathlib
import sys
import tempfile
import types

import torch
import transformers
from safetensors.torch import save_file

from golden import lengths, pictures, randomise, texts

FOLDER = pathlib.Path(__file__).parent / "original"
NOTE = {"made by": f"renaissance 39c52de, transformers {transformers.__version__}, torch {torch.__version__.split('+')[0]}"}

for name, path in (("renaissance", "renaissance"), ("renaissance.modules", "renaissance/modules")):
    package = types.ModuleType(name)
    package.__path__ = [str(pathlib.Path(sys.argv[1]) / path)]
    sys.modules[name] = package
objectives = types.ModuleType("renaissance.modules.objectives")
objectives.init_weights = lambda module: None
sys.modules[objectives.__name__] = objectives
one = importlib.import_module("renaissance.modules.one_tower_encoder")
two = importlib.import_module("renaissance.modules.two_tower_encoder")

scratch = pathlib.Path(tempfile.mkdtemp())


def published(name, config):
    config.save_pretrained(scratch / name)
    return str(scratch / name)


electra = published("electra", transformers.ElectraConfig(
    vocab_size=37, embedding_size=6, hidden_size=10, num_hidden_layers=3, num_attention_heads=5, intermediate_size=14,
    max_position_embeddings=9, type_vocab_size=2))
vit = published("vit", transformers.ViTConfig(
    hidden_size=12, num_hidden_layers=2, num_attention_heads=3, intermediate_size=22, image_size=12, patch_size=4))
config = dict(
    image_encoder=vit, text_encoder=electra, random_init_vision_encoder=True, random_init_text_encoder=True,
    image_encoder_manual_configuration=False, text_encoder_manual_configuration=False, freeze_image_encoder=False,
    freeze_text_encoder=False, freeze_cross_modal_layers=False, vocab_size=37, max_text_len=8, cross_layer_hidden_size=8,
    num_cross_layers=3, num_cross_layer_heads=2, cross_layer_mlp_ratio=3, cross_layer_drop_rate=0.1,
    random_init_encoder=True, encoder_manual_configuration=False, patch_size=4, drop_rate=0.1)

inputs = {
    "pixels": pictures(1, 2, 3, 12, 12),
    "ids": texts(2, 2, 7, 37),
    "keep": lengths(2, 7, [7, 4]),
}


def save(name, model, outputs):
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    state = {key: value.contiguous() for key, value in model.state_dict().items()}
    save_file(state, folder / "model.safetensors", NOTE)
    stored = {key: value.to(torch.int32) if key != "pixels" else value for key, value in inputs.items()}
    save_file(stored, folder / "inputs.safetensors", NOTE)
    save_file({key: value.contiguous() for key, value in outputs.items()}, folder / "outputs.safetensors", NOTE)
    print(json.dumps({"name": name, "bytes": sum(part.stat().st_size for part in folder.iterdir())}))


def two_tower():
    model = two.TwoTowerEncoder(config, False, False).eval()
    randomise(model, 1)
    with torch.no_grad():
        words = model.text_transformer(input_ids=inputs["ids"], attention_mask=inputs["keep"]).last_hidden_state
        patches = model.image_encoder(inputs["pixels"]).last_hidden_state
        kind = model.token_type_embeddings.weight
        mask = model.text_transformer.get_extended_attention_mask(inputs["keep"], inputs["keep"].shape)
        every = torch.ones(patches.shape[:2], dtype=torch.long)
        pooled, words, patches = model.fusion_encoder(
            model.cross_modal_text_transform(words) + kind[0], mask,
            model.cross_modal_image_transform(patches) + kind[1],
            model.text_transformer.get_extended_attention_mask(every, every.shape))
    save("renaissance-two-tower", model, {"pooled": pooled, "words": words, "patches": patches})


def one_tower(name, encoder, pooler, patches_as_well):
    model = one.OneTowerEncoder(dict(config, encoder=encoder, pooler_type=pooler), 12, 8, False, False).eval()
    randomise(model, 2)
    batch = {"image": [inputs["pixels"]], "text_ids": inputs["ids"], "text_labels": inputs["ids"], "text_masks": inputs["keep"]}
    with torch.no_grad():
        found = model(batch)
        outputs = {"pooled": found["cls_feats"], "words": found["text_feats"], "patches": found["image_feats"]}
        if patches_as_well:
            seen = {}
            forward = model.encoder.forward
            every = torch.cat([inputs["keep"], torch.ones(2, 10, dtype=torch.long)], 1)
            mask = (1 - every[:, None, None].float()) * torch.finfo(torch.float32).min
            model.encoder.forward = lambda x: forward(x, attention_mask=mask)
            seen = model(batch)
            outputs |= {"masked.pooled": seen["cls_feats"], "masked.words": seen["text_feats"], "masked.patches": seen["image_feats"]}
    save(name, model, outputs)


two_tower()
one_tower("renaissance-one-tower-electra", electra, "double", True)
one_tower("renaissance-one-tower-vit", vit, "single", False)
