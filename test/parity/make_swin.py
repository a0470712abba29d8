"""Swin: the model and the classifier, grids that are no whole windows, odd grids, one that is a single window."""
import torch
from transformers import SwinConfig, SwinForImageClassification, SwinModel

from golden import golden, pictures

traces = dict(output_hidden_states=True, output_attentions=True)


def config(**sizes):
    return SwinConfig(attn_implementation="eager", **sizes)


three = dict(embed_dim=6, depths=[2, 3, 1], num_heads=[1, 3, 2], window_size=3, patch_size=2, mlp_ratio=2.5)

# Grids of 11 x 7, 6 x 4 and 3 x 2, of pictures whose sides are no whole patches.
golden(
    "swin-model",
    SwinModel(config(**{**three, "window_size": 2}, image_size=[21, 13], layer_norm_eps=1e-3)),
    {"pixel_values": pictures(1, 2, 3, 21, 13)},
    **traces,
)
# Grids of 12 x 12, 6 x 6 and 3 x 3.
golden(
    "swin-absolute",
    SwinModel(config(**three, image_size=24, use_absolute_embeddings=True, hidden_act="gelu_new")),
    {"pixel_values": pictures(2, 2, 3, 24, 24)},
    dtype=torch.bfloat16,
    **traces,
)
golden(
    "swin-resized",
    SwinModel(config(**three, image_size=24, use_absolute_embeddings=True), add_pooling_layer=False),
    {"pixel_values": pictures(3, 1, 3, 28, 20)},
    interpolate_pos_encoding=True,
    **traces,
)
golden(
    "swin-classifier",
    SwinForImageClassification(config(embed_dim=10, depths=[2, 2], num_heads=[5, 5], window_size=4, patch_size=3, qkv_bias=False,
                                      image_size=30, hidden_act="relu", num_labels=7)),
    {"pixel_values": pictures(4, 2, 3, 31, 23)},
    dtype=torch.float16,
    **traces,
)
