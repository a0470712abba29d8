"""BEiT: relative positions for each layer, shared and both; absolute ones; the mean of the patches or the class token."""
import torch
from transformers import BeitConfig, BeitForImageClassification, BeitModel

from golden import golden, pictures

small = dict(num_hidden_layers=3, attn_implementation="eager")
traces = dict(output_hidden_states=True, output_attentions=True)
one = dict(hidden_size=30, num_attention_heads=3, intermediate_size=44, image_size=24, patch_size=6, **small)
other = dict(hidden_size=20, num_attention_heads=5, intermediate_size=36, image_size=20, patch_size=4, hidden_act="gelu_new",
             layer_norm_eps=1e-6, **small)

golden(
    "beit-each",
    BeitModel(BeitConfig(use_relative_position_bias=True, use_mask_token=True, **one)),
    {"pixel_values": pictures(1, 2, 3, 24, 24)},
    **traces,
)
golden(
    "beit-shared",
    BeitModel(BeitConfig(use_shared_relative_position_bias=True, use_absolute_position_embeddings=True,
                         use_mean_pooling=False, **other)),
    {"pixel_values": pictures(2, 2, 3, 20, 20)},
    dtype=torch.bfloat16,
    **traces,
)
golden(
    "beit-resized",
    BeitModel(BeitConfig(use_shared_relative_position_bias=True, use_relative_position_bias=True,
                         use_absolute_position_embeddings=True, **one)),
    {"pixel_values": pictures(3, 2, 3, 30, 18)},
    interpolate_pos_encoding=True,
    **traces,
)
golden(
    "beit-without-pooler",
    BeitModel(BeitConfig(layer_scale_init_value=0.0, **other), add_pooling_layer=False),
    {"pixel_values": pictures(4, 1, 3, 20, 20)},
    **traces,
)
golden(
    "beit-classifier",
    BeitForImageClassification(BeitConfig(use_relative_position_bias=True, num_labels=4, **{**other, "image_size": [12, 20]})),
    {"pixel_values": pictures(5, 3, 3, 12, 20)},
    **traces,
)
