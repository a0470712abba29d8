"""METER's own code at small sizes: CLIP with RoBERTa and every head, CLIP with BERT for pairs of pictures, and Swin.

    git clone https://github.com/zdou0830/METER && git -C METER checkout f4f0934
    python test/parity/make_original_meter.py METER
"""
import pathlib
import sys
import tempfile

import torch
from transformers import BertConfig, BertModel, RobertaConfig, RobertaModel

from golden import lengths, pictures, randomise, texts
from original_code import Module, load, save

modules = load(sys.argv[1], "meter")
meter = modules("meter_module")
clip = modules("clip_model")
losses = dict.fromkeys(("itm", "mlm", "mpp", "vqa", "vcr", "vcr_qar", "nlvr2", "irtr", "contras", "snli"), 0)


def build(config, image, text, seed=1):
    """The module with a CLIP or Swin of the sizes in `image` and a text tower of those in `text`."""
    swin = meter.swin
    swin.small_swin = lambda pretrained, config: swin.SwinTransformer(img_size=config["image_size"], **image)
    sizes = dict(embed_dim=8, context_length=5, vocab_size=11, transformer_width=12, transformer_heads=2, transformer_layers=1)
    meter.build_model = lambda name, resolution_after: clip.CLIP(**sizes, **image, resolution_after=resolution_after)
    with tempfile.TemporaryDirectory() as folder:
        name = str(pathlib.Path(folder) / config["tokenizer"])
        is_roberta = "roberta" in config["tokenizer"]
        tower = RobertaModel(RobertaConfig(**text)) if is_roberta else BertModel(BertConfig(**text))
        tower.save_pretrained(name)
        Module.config = {**config, "tokenizer": name}
        model = meter.METERTransformerSS(Module.config)
    randomise(model, seed)
    model.half().float().eval()
    if config["loss_names"]["irtr"] > 0:
        model.rank_output.weight.data = model.itm_score.fc.weight.data[1:]
        model.rank_output.bias.data = model.itm_score.fc.bias.data[1:]
    return model


def features(found, prefix=""):
    return {f"{prefix}{key}": found[key] for key in ("text_feats", "image_feats", "cls_feats")}


common = dict(
    load_path="", test_only=False, num_layers=6, mlp_ratio=2, drop_rate=0.1, whole_word_masking=True, mlm_prob=0.15,
    train_transform_keys=["clip"], val_transform_keys=["clip"], learning_rate=1e-5, datasets=["coco", "vg", "sbu", "gcc"],
    resolution_before=224, draw_false_image=1, warmup_steps=0.1, max_steps=100000,
)

# A tower has a head for every 64 channels; the last of CLIP's blocks is left out.
config = {
    **common,
    "loss_names": {**losses, "itm": 1, "mlm": 1, "vqa": 1, "snli": 1, "irtr": 1},
    "vit": "ViT-B/16", "image_size": 24, "patch_size": 8, "input_image_embed_size": 64,
    "tokenizer": "roberta-base", "vocab_size": 53, "input_text_embed_size": 64, "max_text_len": 9,
    "hidden_size": 24, "num_heads": 3, "num_top_layer": 2, "vqav2_label_size": 7,
}
image = dict(image_resolution=24, vision_layers=3, vision_width=64, vision_patch_size=8)
text = dict(vocab_size=53, hidden_size=64, num_hidden_layers=2, num_attention_heads=1, intermediate_size=72,
            max_position_embeddings=17, type_vocab_size=1, layer_norm_eps=1e-5)
model = build(config, image, text)
masks = lengths(3, 9, [9, 4, 6])
ids = torch.where(masks == 1, texts(1, 3, 9, 53), 1)
inputs = {"image": pictures(1, 3, 3, 24, 24), "text_ids": ids, "text_masks": masks}
batch = {**inputs, "image": [inputs["image"]], "text_labels": ids}
with torch.no_grad():
    found = model.infer(batch)
    outputs = {
        **features(found),
        "mlm_logits": model.mlm_score(found["text_feats"]),
        "itm_logits": model.itm_score(found["cls_feats"]),
        "vqa_logits": model.vqa_classifier(found["cls_feats"]),
        "snli_logits": model.snli_classifier(found["cls_feats"]),
        "rank_scores": model.rank_output(found["cls_feats"]),
    }
    # The same weights for larger pictures, as fine-tuning loads them.
    larger = {**config, "image_size": 40}
    state = {key: value.clone() for key, value in model.state_dict().items()}
    other = build(larger, image, text)
    other.load_state_dict(clip.adapt_position_encoding(state, patch_size=8, after=40), strict=False)
    inputs["larger.image"] = pictures(2, 3, 3, 40, 40)
    outputs.update(features(other.infer({**batch, "image": [inputs["larger.image"]]}), "larger."))
# Released files hold one more tensor of CLIP's text tower than the code.
save("meter-roberta", model, config, inputs, outputs, "METER f4f0934", {"vit_model.token_embedding.weight": torch.zeros(11, 12)})

config = {
    **common,
    "loss_names": {**losses, "nlvr2": 1},
    "vit": "ViT-B/32", "image_size": 20, "patch_size": 10, "input_image_embed_size": 128,
    "tokenizer": "bert-base-uncased", "vocab_size": 47, "input_text_embed_size": 64, "max_text_len": 7,
    "hidden_size": 20, "num_heads": 5, "num_top_layer": 3, "vqav2_label_size": 3129,
}
image = dict(image_resolution=20, vision_layers=2, vision_width=128, vision_patch_size=10)
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
save("meter-bert", model, config, inputs, outputs, "METER f4f0934", {})

# Without a class token the picture's summary is the mean of its patches.
config = {
    **common,
    "loss_names": {**losses, "itm": 1},
    "vit": "small_swin", "image_size": 64, "patch_size": 16, "input_image_embed_size": 24,
    "tokenizer": "roberta-base", "vocab_size": 41, "input_text_embed_size": 64, "max_text_len": 8,
    "hidden_size": 15, "num_heads": 3, "num_top_layer": 1, "vqav2_label_size": 3129,
}
image = dict(patch_size=4, embed_dim=6, depths=(2, 1, 2), num_heads=(1, 2, 3), drop_path_rate=0)
text = dict(vocab_size=41, hidden_size=64, num_hidden_layers=1, num_attention_heads=1, intermediate_size=40,
            max_position_embeddings=12, type_vocab_size=1, layer_norm_eps=1e-5)
model = build(config, image, text)
masks = lengths(2, 8, [8, 3])
inputs = {"image": pictures(5, 2, 3, 64, 64), "text_ids": torch.where(masks == 1, texts(5, 2, 8, 41), 1), "text_masks": masks}
batch = {**inputs, "image": [inputs["image"]], "text_labels": inputs["text_ids"]}
with torch.no_grad():
    found = model.infer(batch)
    outputs = {**features(found), "itm_logits": model.itm_score(found["cls_feats"])}
save("meter-swin-roberta", model, config, inputs, outputs, "METER f4f0934", {})
