"""Whole CLIP and SigLIP: fewer or more texts than pictures, padded texts, both classifiers."""
import torch
from transformers import (
    CLIPConfig,
    CLIPForImageClassification,
    CLIPModel,
    SiglipConfig,
    SiglipForImageClassification,
    SiglipModel,
)

from golden import golden, lengths, pictures, texts

traces = dict(output_hidden_states=True, output_attentions=True)
image = dict(hidden_size=30, num_attention_heads=3, intermediate_size=44, image_size=18, patch_size=6, num_hidden_layers=2)
text = dict(vocab_size=67, hidden_size=20, num_attention_heads=5, intermediate_size=36, max_position_embeddings=13,
            num_hidden_layers=3, eos_token_id=60)
other = {**text, "eos_token_id": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-6}
# SigLIP's text tower ends as wide as the image tower.
sig = {**text, "projection_size": 30}


def clip(image, text, **sizes):
    return CLIPConfig(vision_config=image, text_config=text, attn_implementation="eager", **sizes)


def siglip(image, text, **sizes):
    return SiglipConfig(vision_config=image, text_config=text, attn_implementation="eager", **sizes)


def ended(seed, length, end, *kept):
    ids = texts(seed, len(kept), length, 60)
    for row, count in enumerate(kept):
        ids[row, count - 1:] = end
    return {"input_ids": ids, "attention_mask": lengths(len(kept), length, kept)}


golden("clip-model", CLIPModel(clip(image, text, projection_dim=14)),
       {"pixel_values": pictures(1, 2, 3, 18, 18), **ended(1, 11, 60, 11, 4, 7)}, **traces)
golden("clip-half", CLIPModel(clip({**image, "hidden_act": "gelu", "image_size": 24}, other, projection_dim=25)),
       {"pixel_values": pictures(2, 3, 3, 24, 24), "input_ids": ended(2, 6, 66, 6, 5)["input_ids"]}, dtype=torch.bfloat16)
golden("clip-classifier", CLIPForImageClassification(clip(image, text, num_labels=5)), {"pixel_values": pictures(3, 2, 3, 18, 18)},
       **traces)
golden("siglip-model", SiglipModel(siglip(image, sig)), {"pixel_values": pictures(4, 3, 3, 18, 18), "input_ids": texts(4, 2, 13, 67)},
       **traces)
golden("siglip-half", SiglipModel(siglip({**image, "hidden_act": "gelu", "layer_norm_eps": 1e-5}, {**sig, "num_hidden_layers": 1})),
       {"pixel_values": pictures(5, 1, 3, 18, 18), "input_ids": texts(5, 4, 9, 67), "attention_mask": lengths(4, 9, [9, 3, 5, 8])},
       dtype=torch.float16)
golden("siglip-classifier", SiglipForImageClassification(siglip(image, sig, num_labels=4)), {"pixel_values": pictures(6, 2, 3, 18, 18)})
