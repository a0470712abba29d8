"""BridgeTower's own code at small sizes: with every head, and with two pictures to a text.

    git clone https://github.com/microsoft/BridgeTower && git -C BridgeTower checkout 90f4bac
    python test/parity/make_original_bridgetower.py BridgeTower
"""
import pathlib
import sys
import tempfile

import torch
from transformers import BertConfig, BertModel, RobertaConfig, RobertaModel

from golden import lengths, pictures, randomise, texts
from original_code import Module, load, save

modules = load(sys.argv[1], "src", ("swin_transformer", "swin_helpers", "vit_model"))
bridgetower = modules("bt_module")
clip = modules("clip_model")
losses = dict.fromkeys(("itm", "mlm", "itc", "itm_itc", "irtr_itm_itc", "vqa", "nlvr2", "irtr", "snli"), 0)


def build(config, image, text):
    """The module with a CLIP of the sizes in `image` and a text tower of those in `text`."""
    sizes = dict(embed_dim=8, context_length=5, vocab_size=11, transformer_width=12, transformer_heads=2, transformer_layers=1)
    bridgetower.build_model = lambda name, **options: clip.CLIP(**sizes, **image, **options)
    with tempfile.TemporaryDirectory() as folder:
        name = str(pathlib.Path(folder) / config["tokenizer"])
        is_roberta = "roberta" in config["tokenizer"]
        tower = RobertaModel(RobertaConfig(**text)) if is_roberta else BertModel(BertConfig(**text))
        tower.save_pretrained(name)
        Module.config = {**config, "tokenizer": name}
        model = bridgetower.BTTransformer(Module.config)
    randomise(model, 1)
    model.half().float().eval()
    return model


def features(found, prefix=""):
    return {f"{prefix}{key}": found[key] for key in ("text_feats", "image_feats", "cls_feats")}


common = dict(
    load_path="", test_only=False, model_type="BT", vit_layernorm_shared=True, vit_layernorm_init_from_vit=False,
    vit_remove_last=False, task_head_layers=2, head_hidden_scale=2, nlvr2_drop_rate=0.1, temperature=0.07,
    contrastive_hidden_size=6, mlp_ratio=2, drop_rate=0.1, resolution_before=224,
)

# A tower has a head for every 64 channels; the contrast's heads read towers as wide as the fusion.
config = {
    **common,
    "loss_names": {**losses, "itm": 1, "mlm": 1, "itc": 1, "vqa": 1, "snli": 1},
    "vit": "CLIP-ViT-B/16", "image_size": 24, "patch_size": 8, "input_image_embed_size": 64,
    "tokenizer": "roberta-base", "vocab_size": 53, "input_text_embed_size": 64, "max_text_len": 9,
    "hidden_size": 64, "num_heads": 4, "num_layers": 2, "mlp_ratio": 1, "vqav2_label_size": 7,
}
image = dict(image_resolution=24, vision_layers=2, vision_width=64, vision_patch_size=8)
text = dict(vocab_size=53, hidden_size=64, num_hidden_layers=2, num_attention_heads=1, intermediate_size=72,
            max_position_embeddings=17, type_vocab_size=1, layer_norm_eps=1e-5)
model = build(config, image, text)
masks = lengths(3, 9, [9, 4, 6])
ids = torch.where(masks == 1, texts(1, 3, 9, 53), 1)
inputs = {"image": pictures(1, 3, 3, 24, 24), "text_ids": ids, "text_masks": masks}
batch = {**inputs, "image": [inputs["image"]], "text_labels": ids}
with torch.no_grad():
    found = model.infer(batch)
    apart = model.get_uni_modal_features(batch, itc=True)
    outputs = {
        **features(found),
        "mlm_logits": model.mlm_score(found["text_feats"]),
        "itm_logits": model.itm_score(found["cls_feats"]),
        "vqa_logits": model.vqa_classifier(found["cls_feats"]),
        "snli_logits": model.snli_classifier(found["cls_feats"]),
        "itc_text": apart["unimodal_feats_text"],
        "itc_image": apart["unimodal_feats_image"],
    }
save("bridgetower-roberta", model, config, inputs, outputs, "BridgeTower 90f4bac", {})

config = {
    **common,
    "loss_names": {**losses, "nlvr2": 1}, "vit_layernorm_shared": False, "head_hidden_scale": 1.5, "task_head_layers": 2,
    "vit": "CLIP-ViT-B/32", "image_size": 20, "patch_size": 10, "input_image_embed_size": 128,
    "tokenizer": "bert-base-uncased", "vocab_size": 47, "input_text_embed_size": 64, "max_text_len": 7,
    "hidden_size": 20, "num_heads": 5, "num_layers": 2, "vqav2_label_size": 3129,
}
image = dict(image_resolution=20, vision_layers=1, vision_width=128, vision_patch_size=10)
text = dict(vocab_size=47, hidden_size=64, num_hidden_layers=1, num_attention_heads=1, intermediate_size=52,
            max_position_embeddings=11)
model = build(config, image, text)
masks = lengths(2, 7, [5, 7])
inputs = {"image": pictures(3, 2, 3, 20, 20), "image_1": pictures(4, 2, 3, 20, 20), "text_ids": texts(3, 2, 7, 47), "text_masks": masks}
batch = {"image_0": [inputs["image"]], "image_1": [inputs["image_1"]], "text_ids": inputs["text_ids"], "text_masks": masks,
         "text_labels": inputs["text_ids"]}
with torch.no_grad():
    first, second = model.infer(batch, image_token_type_idx=1), model.infer(batch, image_token_type_idx=2)
    logits = model.nlvr2_classifier(torch.cat([first["cls_feats"], second["cls_feats"]], 1))
    outputs = {**features(first), **features(second, "second."), "nlvr2_logits": logits}
save("bridgetower-bert", model, config, inputs, outputs, "BridgeTower 90f4bac", {})
