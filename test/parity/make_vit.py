"""ViT: the model with and without its pooler, and the classifier."""
import torch
from transformers import ViTConfig, ViTForImageClassification, ViTModel

from golden import golden, pictures

small = dict(num_hidden_layers=3, attn_implementation="eager")
traces = dict(output_hidden_states=True, output_attentions=True)

golden(
    "vit-model",
    ViTModel(ViTConfig(hidden_size=30, num_attention_heads=3, intermediate_size=44, image_size=24, patch_size=6, **small)),
    {"pixel_values": pictures(1, 2, 3, 24, 24)},
    **traces,
)
golden(
    "vit-classifier",
    ViTForImageClassification(
        ViTConfig(hidden_size=20, num_attention_heads=5, intermediate_size=36, image_size=20, patch_size=4, num_labels=7,
                  hidden_act="gelu_new", layer_norm_eps=1e-6, **small)
    ),
    {"pixel_values": pictures(2, 3, 3, 20, 20)},
    **traces,
)
golden(
    "vit-resized",
    ViTModel(ViTConfig(hidden_size=30, num_attention_heads=3, intermediate_size=44, image_size=24, patch_size=6, **small)),
    {"pixel_values": pictures(3, 2, 3, 30, 18)},
    interpolate_pos_encoding=True,
    **traces,
)
golden(
    "vit-without-pooler",
    ViTModel(ViTConfig(hidden_size=20, num_attention_heads=5, intermediate_size=36, image_size=[12, 20], patch_size=4,
                       qkv_bias=False, hidden_act="relu", layer_norm_eps=1e-6, **small), add_pooling_layer=False),
    {"pixel_values": pictures(4, 2, 3, 12, 20)},
    dtype=torch.bfloat16,
    **traces,
)
